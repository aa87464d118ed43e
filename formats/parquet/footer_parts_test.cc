#include "formats/parquet/footer_parts.h"

#include <gmock/gmock.h>

#include <cstring>
#include <string>

#include "arrow/api.h"
#include "base/testing.h"
#include "formats/parquet/fixtures.h"
#include "parquet/metadata.h"

namespace formats {
namespace {

using base::ErrorKind;
using base::IsError;
using testing::HasSubstr;

constexpr int kColumns = 200;
constexpr int64_t kRows = 60;

// Repeated columns, and a last one of times.
std::shared_ptr<arrow::Table> WideTable() {
  const auto numbers = OneColumn(arrow::int64(), "[1, null, 3]");
  const auto times = OneColumn(arrow::timestamp(arrow::TimeUnit::NANO),
                               R"(["2020-01-01 00:00:00.000001", null, null])");
  arrow::FieldVector fields;
  arrow::ChunkedArrayVector columns;
  for (int i = 0; i < kColumns; ++i) {
    const auto& column = (i + 1 < kColumns ? numbers : times)->column(0);
    arrow::ArrayVector chunks;
    for (int64_t rows = 0; rows < kRows; rows += column->length())
      chunks.push_back(column->chunk(0));
    columns.push_back(std::make_shared<arrow::ChunkedArray>(std::move(chunks)));
    fields.push_back(arrow::field("column_" + std::to_string(i), column->type()));
  }
  return arrow::Table::Make(arrow::schema(std::move(fields)), std::move(columns));
}

std::shared_ptr<arrow::Buffer> ObjectOfManyParts(bool int96 = false) {
  return WriteParquet(*WideTable(), {.row_group_rows = 1, .dictionary = false, .int96 = int96});
}

FooterParts PartsOf(const arrow::Buffer& object) {
  const int64_t bytes = FooterBytes(object, object.size()).ValueOrDie();
  const char* footer = reinterpret_cast<const char*>(object.data() + object.size() - bytes);
  return FooterParts::Make(arrow::Buffer::FromString(std::string(footer, bytes - kTrailerBytes)))
      .ValueOrDie();
}

TEST(FooterParts, AUsualFooterIsOnePart) {
  const FooterParts parts = PartsOf(*WriteParquet(*MixedTable(5000), {.row_group_rows = 50}));
  ASSERT_EQ(parts.parts().size(), 1u);
  EXPECT_EQ(parts.parts()[0].row_groups, 100);
  EXPECT_EQ(parts.Parse(parts.parts()[0])->num_row_groups(), 100);
}

TEST(FooterParts, AFooterWithoutRowGroupsIsOnePart) {
  const FooterParts parts = PartsOf(*WriteParquet(*MixedTable(0)));
  ASSERT_EQ(parts.parts().size(), 1u);
  EXPECT_EQ(parts.Parse(parts.parts()[0])->num_columns(), 4);
}

TEST(FooterParts, PartsHoldTheRowGroupsOfTheFooter) {
  const auto object = ObjectOfManyParts();
  const FooterParts parts = PartsOf(*object);
  ASSERT_GT(parts.parts().size(), 1u);
  int next = 0;
  for (const FooterPart& part : parts.parts()) {
    EXPECT_EQ(part.first_row_group, next);
    const auto metadata = parts.Parse(part);
    ASSERT_EQ(metadata->num_row_groups(), part.row_groups);
    EXPECT_EQ(metadata->num_columns(), kColumns);
    EXPECT_EQ(metadata->num_rows(), kRows);
    EXPECT_EQ(metadata->created_by(), WriteOptions{}.created_by);
    for (int i = 0; i < part.row_groups; ++i) {
      EXPECT_EQ(&parts.PartOf(next + i), &part);
      EXPECT_EQ(metadata->RowGroup(i)->num_rows(), 1);
    }
    next += part.row_groups;
  }
  EXPECT_EQ(next, kRows);
}

class ManyParts : public testing::TestWithParam<bool> {};

TEST_P(ManyParts, AreReadAsOneFooterIs) {
  const auto object = ObjectOfManyParts(/*int96=*/GetParam());
  const auto file = OpenParquet(object).ValueOrDie();
  EXPECT_EQ(file->row_groups(), kRows);
  EXPECT_EQ(file->rows(), kRows);
  EXPECT_THAT(file->warnings(), testing::IsEmpty());
  // INT96 is read as such, whatever it was written from.
  const auto read = ReadAll(*file, *object).ValueOrDie();
  ASSERT_EQ(read->num_rows(), kRows);
  const auto expected = WideTable();
  const int same = GetParam() ? kColumns - 1 : kColumns;
  for (int i = 0; i < same; ++i) {
    EXPECT_TRUE(read->column(i)->Equals(*expected->column(i))) << i;
  }
  EXPECT_EQ(read->column(kColumns - 1)->null_count(), kRows / 3 * 2);
}

INSTANTIATE_TEST_SUITE_P(FooterParts, ManyParts, testing::Bool(), [](const auto& test) {
  return test.param ? "WithASchemaThatIsChanged" : "AsTheyAre";
});

TEST(FooterParts, AFailureNamesTheRowGroupOfTheObject) {
  const auto object = ObjectOfManyParts();
  const auto file = OpenParquet(object).ValueOrDie();
  std::string damaged = object->ToString();
  const auto range = file->Ranges(kRows - 1).front();
  std::memset(damaged.data() + range.offset, 0xFF, static_cast<size_t>(range.length));
  const auto read = ReadAll(*file, *arrow::Buffer::FromString(damaged));
  EXPECT_THAT(read.status(), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(read.status().message(), HasSubstr("row group 59"));
}

TEST(FooterParts, AreSmallerThanWhatTheLibraryMakesOfThem) {
  const auto object = ObjectOfManyParts();
  const auto file = OpenParquet(object).ValueOrDie();
  EXPECT_LT(file->memory_bytes(), 2 * file->footer_bytes() + int64_t{2000} * kColumns);
}

}  // namespace
}  // namespace formats
