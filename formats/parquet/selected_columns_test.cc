// Reading some columns of an object, and only the bytes of these.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/api.h"
#include "base/testing.h"
#include "formats/parquet/fixtures.h"
#include "formats/parquet/parquet_format.h"

namespace formats {
namespace {

using arrow::field;
using base::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;
using Names = std::vector<std::string>;

std::shared_ptr<const ParquetFile> Open(const arrow::Buffer& object, const Names& columns) {
  return ParquetFile::Make(object, object.size(), columns).ValueOrDie();
}

// Nothing else of the object is there to be read.
std::shared_ptr<arrow::Table> Read(const arrow::Buffer& object, const Names& columns) {
  return ReadAll(*Open(object, columns), object, {}, {.hole_bytes = 0}).ValueOrDie();
}

TEST(SelectedColumns, HaveTheValuesThatTheyHaveAmongAll) {
  const auto table = MixedTable(5000);
  for (const bool dictionary : {true, false}) {
    const auto object = WriteParquet(*table, {.row_group_rows = 2000, .dictionary = dictionary});
    for (const auto& [names, indices] :
         std::vector<std::pair<Names, std::vector<int>>>{{{"name"}, {2}},
                                                         {{"items", "ID"}, {0, 3}},
                                                         {{"value", "nothing", "name"}, {1, 2}},
                                                         {{}, {0, 1, 2, 3}}}) {
      const auto read = Read(*object, names);
      EXPECT_TRUE(read->Equals(*table->SelectColumns(indices).ValueOrDie())) << names.size();
    }
  }
}

TEST(SelectedColumns, OfAStructAreTheFieldsThatAreNamed) {
  const auto inner = arrow::struct_({field("c", arrow::int64()), field("d", arrow::utf8())});
  const auto outer = arrow::struct_({field("a", arrow::list(arrow::int8())), field("b", inner)});
  const auto column = OneColumn(outer, R"([{"a": [1, 2], "b": {"c": 1, "d": "x"}}, null,
                                           {"a": null, "b": null}, {"a": [], "b": {"c": 2, "d": null}}])");
  const std::string name = column->field(0)->name();
  const auto object = WriteParquet(*column);
  const auto read = Read(*object, {name + ".b.d"});
  const auto pruned =
      OneColumn(arrow::struct_({field("b", arrow::struct_({field("d", arrow::utf8())}))}),
                R"([{"b": {"d": "x"}}, null, {"b": null}, {"b": {"d": null}}])");
  EXPECT_TRUE(read->column(0)->Equals(*pruned->column(0))) << read->ToString();
  EXPECT_EQ(Open(*object, {name + ".b.d"})->read_columns(), 1);
  EXPECT_EQ(Open(*object, {name + ".b.d"})->leaf_columns(), 3);
}

TEST(SelectedColumns, ThatAreNoneHaveRows) {
  const auto object = WriteParquet(*MixedTable(5000), {.row_group_rows = 2000});
  const auto file = Open(*object, {"nothing"});
  EXPECT_EQ(file->rows(), 5000);
  EXPECT_EQ(file->schema()->num_fields(), 0);
  EXPECT_THAT(file->Ranges(0), IsEmpty());
  int64_t rows = 0;
  for (const auto& batch : ReadBatches(*file, *object).ValueOrDie()) rows += batch->num_rows();
  EXPECT_EQ(rows, 5000);
}

TEST(SelectedColumns, AreAllThatCounts) {
  const auto object = WriteParquet(*MixedTable(5000), {.row_group_rows = 2000});
  const auto all = Open(*object, {}), one = Open(*object, {"value"});
  for (int i = 0; i < all->row_groups(); ++i) {
    EXPECT_LT(one->row_group(i).compressed_bytes, all->row_group(i).compressed_bytes);
    EXPECT_LT(one->row_group(i).uncompressed_bytes, all->row_group(i).uncompressed_bytes);
    EXPECT_GT(one->BatchRows(i, 10'000), all->BatchRows(i, 10'000));
    EXPECT_EQ(one->row_group(i).rows, all->row_group(i).rows);
    ASSERT_EQ(one->Ranges(i).size(), 1u);
    EXPECT_EQ(one->Ranges(i)[0].length, one->row_group(i).compressed_bytes);
  }
}

TEST(SelectedColumns, AreTheLayoutThatTheFormatFinds) {
  const auto object = WriteParquet(*MixedTable(50'000), {.row_group_rows = 20'000});
  const auto finder = ParquetFormat()->MakeLayoutFinder();
  finder->Want({"name"});
  const auto found =
      finder->Find("t.parquet", object->size(), object->size(), [&](arrow::io::ReadRange range) {
        return arrow::SliceBuffer(object, range.offset, range.length);
      });
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->content, nullptr);
  EXPECT_THAT(found->layout->schema()->field_names(), ElementsAre("name"));
  EXPECT_EQ(found->layout->task(0).streams, 1);
  int64_t bytes = 0;
  for (const auto& range : found->layout->all_tasks().ranges) bytes += range.length;
  EXPECT_LT(bytes, object->size() / 2);
}

}  // namespace
}  // namespace formats
