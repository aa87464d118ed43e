#include "formats/parquet/dictionary_columns.h"

#include <gmock/gmock.h>

#include <string>

#include "arrow/api.h"
#include "arrow/json/from_string.h"
#include "arrow/util/byte_size.h"
#include "base/testing.h"
#include "formats/parquet/fixtures.h"
#include "formats/parquet/row_group_reader.h"
#include "parquet/file_reader.h"
#include "parquet/metadata.h"

namespace formats {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

std::shared_ptr<arrow::Array> Indices(std::string_view json) {
  return arrow::json::ArrayFromJSONString(arrow::int32(), json).ValueOrDie();
}

std::shared_ptr<arrow::Array> Encoded(const std::shared_ptr<arrow::DataType>& type,
                                      std::string_view indices, std::string_view values) {
  return std::make_shared<arrow::DictionaryArray>(
      DictionaryOf(type), Indices(indices),
      arrow::json::ArrayFromJSONString(type, values).ValueOrDie());
}

void ExpectExpanded(const arrow::Array& column, const std::shared_ptr<arrow::DataType>& type,
                    std::string_view json) {
  const auto data = Expand(*column.data(), arrow::default_memory_pool());
  ASSERT_THAT(data, IsOk());
  const auto expanded = arrow::MakeArray(*data);
  ASSERT_THAT(expanded->ValidateFull(), IsOk());
  const auto expected = arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
  EXPECT_TRUE(expanded->Equals(expected)) << expanded->ToString();
}

TEST(ExpandTest, PutsTheValuesInPlaceOfTheIndices) {
  ExpectExpanded(*Encoded(arrow::utf8(), "[1, 0, 1, null, 2]", R"(["a", "bc", ""])"), arrow::utf8(),
                 R"(["bc", "a", "bc", null, ""])");
  ExpectExpanded(*Encoded(arrow::binary(), "[0, 0]", R"(["x"])"), arrow::binary(), R"(["x", "x"])");
}

TEST(ExpandTest, CopiesValuesLongerThanABlock) {
  const std::string fifteen(15, 'f'), sixteen(16, 's'), more(100, 'm');
  ExpectExpanded(*Encoded(arrow::utf8(), "[2, 0, 1, 2]",
                          "[\"" + fifteen + "\", \"" + sixteen + "\", \"" + more + "\"]"),
                 arrow::utf8(),
                 "[\"" + more + "\", \"" + fifteen + "\", \"" + sixteen + "\", \"" + more + "\"]");
}

TEST(ExpandTest, TakesSlices) {
  const auto column = Encoded(arrow::utf8(), "[0, 1, null, 1, 0]", R"(["a", "bc"])");
  ExpectExpanded(*column->Slice(1, 3), arrow::utf8(), R"(["bc", null, "bc"])");
  ExpectExpanded(*column->Slice(5), arrow::utf8(), "[]");
}

TEST(ExpandTest, TakesADictionaryWithoutValuesWhenAllIsNull) {
  ExpectExpanded(*Encoded(arrow::utf8(), "[null, null]", "[]"), arrow::utf8(), "[null, null]");
}

TEST(ExpandTest, AnIndexBeyondTheDictionaryIsCorrupt) {
  for (const char* indices : {"[0, 2]", "[-1]"}) {
    const auto column = Encoded(arrow::utf8(), indices, R"(["a", "bc"])");
    EXPECT_THAT(Expand(*column->data(), arrow::default_memory_pool()),
                IsError(ErrorKind::kCorrupt));
  }
}

TEST(ExpandTest, ValuesOfMoreThanTwoGibibytesAreRefusedBeforeMemoryIsTaken) {
  const auto values =
      arrow::json::ArrayFromJSONString(arrow::utf8(), "[\"" + std::string(1 << 20, 'x') + "\"]");
  const auto zeros = arrow::MakeArrayFromScalar(arrow::Int32Scalar(0), 2048).ValueOrDie();
  const arrow::DictionaryArray column(DictionaryOf(arrow::utf8()), zeros, *values);
  arrow::ProxyMemoryPool pool(arrow::default_memory_pool());
  EXPECT_THAT(Expand(*column.data(), &pool), IsError(ErrorKind::kLimit));
  EXPECT_EQ(pool.max_memory(), 0);
}

TEST(LongestValueBytesTest, LooksAtTheWholeDictionary) {
  EXPECT_EQ(LongestValueBytes(*Encoded(arrow::utf8(), "[0]", R"(["a", "bcd", ""])")->data()), 3);
  EXPECT_EQ(LongestValueBytes(*Encoded(arrow::utf8(), "[]", "[]")->data()), 0);
}

/// Whether the first column of the table's only row group is repetitive, as it is written.
bool IsWrittenAsRepetitive(const arrow::Table& table, const WriteOptions& write = {}) {
  const auto reader = parquet::ParquetFileReader::Open(
      std::make_shared<arrow::io::BufferReader>(WriteParquet(table, write)));
  const auto group = reader->metadata()->RowGroup(0);
  return IsRepetitive(*group->ColumnChunk(0), *group->schema()->Column(0));
}

std::shared_ptr<arrow::Table> Text(int64_t rows, int64_t distinct) {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < rows; ++i) {
    const std::string value = "value " + std::to_string(i % distinct);
    EXPECT_THAT(i % 7 == 3 ? builder.AppendNull() : builder.Append(value), IsOk());
  }
  return arrow::Table::Make(arrow::schema({arrow::field("x", arrow::utf8())}),
                            {builder.Finish().ValueOrDie()});
}

TEST(IsRepetitiveTest, IsTrueForFewValuesManyTimes) {
  EXPECT_TRUE(IsWrittenAsRepetitive(*Text(10'000, 10)));
  EXPECT_TRUE(IsWrittenAsRepetitive(*Text(10'000, 10), {.pages_v2 = true}));
}

TEST(IsRepetitiveTest, IsFalseForValuesThatHardlyRepeat) {
  EXPECT_FALSE(IsWrittenAsRepetitive(*Text(10'000, 8'000)));
}

TEST(IsRepetitiveTest, IsFalseWithoutADictionary) {
  EXPECT_FALSE(IsWrittenAsRepetitive(*Text(10'000, 10), {.dictionary = false}));
}

TEST(IsRepetitiveTest, IsFalseForOtherTypesAndNestedColumns) {
  EXPECT_FALSE(IsWrittenAsRepetitive(*OneColumn(arrow::int64(), "[1, 1, 1, 1]")));
  EXPECT_FALSE(IsWrittenAsRepetitive(
      *OneColumn(arrow::list(arrow::utf8()), R"([["a", "a"], ["a", "a", "a", "a"]])")));
}

TEST(RepetitiveColumnsTest, AreReadAsTheyWereWritten) {
  for (const int64_t distinct : {1, 10, 1000}) {
    for (const bool pages_v2 : {false, true}) {
      for (const bool stored_schema : {false, true}) {
        const auto table = Text(100'000, distinct);
        const auto object = WriteParquet(
            *table,
            {.stored_arrow_schema = stored_schema, .pages_v2 = pages_v2, .page_bytes = 999});
        const auto file = OpenParquet(object).ValueOrDie();
        const auto read = ReadAll(*file, *object);
        ASSERT_THAT(read, IsOk());
        EXPECT_TRUE((*read)->Equals(*table)) << distinct;
      }
    }
  }
}

TEST(RepetitiveColumnsTest, LongValuesDoNotMakeLargeBatches) {
  constexpr int64_t kBatchBytes = 64 << 10;
  arrow::StringBuilder builder;
  for (int i = 0; i < 20'000; ++i) {
    EXPECT_THAT(builder.Append(std::string(i % 2 == 0 ? 4000 : 5, 'a')), IsOk());
  }
  const auto table = arrow::Table::Make(arrow::schema({arrow::field("x", arrow::utf8())}),
                                        {builder.Finish().ValueOrDie()});
  const auto object = WriteParquet(*table, {.size_statistics = false});
  const auto file = OpenParquet(object).ValueOrDie();
  const auto batches = ReadBatches(*file, *object, {.batch_bytes = kBatchBytes});
  ASSERT_THAT(batches, IsOk());
  int64_t rows = 0;
  for (const auto& batch : *batches) {
    rows += batch->num_rows();
    EXPECT_LE(arrow::util::TotalBufferSize(*batch), 3 * kBatchBytes);
  }
  EXPECT_EQ(rows, table->num_rows());
}

}  // namespace
}  // namespace formats
