#include "formats/column_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/array.h"
#include "arrow/json/from_string.h"

namespace formats {
namespace {

using arrow::field;
using testing::ElementsAre;
using testing::IsEmpty;
using Names = std::vector<std::string>;

std::shared_ptr<arrow::DataType> Order() {
  const auto item = arrow::struct_({field("name", arrow::utf8()), field("n", arrow::int8())});
  return arrow::struct_(
      {field("price", arrow::int8()), field("items", arrow::list(item)),
       field("by", arrow::struct_({field("a", arrow::int8()), field("b", arrow::int8())}))});
}

// Leaves: 0; 1, 2 and 3, 4 and 5; 6; 7 and 8.
std::shared_ptr<arrow::Schema> Whole() {
  return arrow::schema({field("Id", arrow::int8()), field("order", Order()),
                        field("order.price", arrow::int8()),
                        field("m", arrow::map(arrow::utf8(), arrow::int8()))});
}

std::string Shape(const arrow::FieldVector& fields) {
  std::string shape;
  for (const auto& one : fields) {
    shape += (shape.empty() ? "" : " ") + one->name();
    if (one->type()->id() == arrow::Type::STRUCT) shape += "(" + Shape(one->type()->fields()) + ")";
  }
  return shape;
}

TEST(ColumnSelection, IsEverythingWithoutNames) {
  const ColumnSelection selection(Whole(), {});
  EXPECT_TRUE(selection.all());
  EXPECT_THAT(selection.leaves(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(ColumnSelection, HasColumnsAndFieldsInTheOrderOfTheSchema) {
  const Names names = {"m", "ID", "order.by.b", "nothing", "order.items", "order.none", "m.key"};
  const ColumnSelection selection(Whole(), names);
  EXPECT_FALSE(selection.all());
  EXPECT_EQ(Shape(selection.schema()->fields()), "Id order(items by(b)) m");
  EXPECT_THAT(selection.leaves(), ElementsAre(0, 2, 3, 5, 7, 8));
  EXPECT_THAT(selection.found(), ElementsAre(true, true, true, false, true, false, false));
  EXPECT_TRUE(selection.Has(1));
  EXPECT_FALSE(selection.Has(2));
}

TEST(ColumnSelection, TakesAWholeNameBeforeOneWithDotsAndAWholeColumnBeforeItsParts) {
  EXPECT_EQ(Shape(ColumnSelection(Whole(), Names{"order.price"}).schema()->fields()),
            "order.price");
  for (const Names& names : {Names{"order", "order.by.a"}, Names{"order.by.a", "order"}}) {
    EXPECT_EQ(Shape(ColumnSelection(Whole(), names).schema()->fields()),
              "order(price items by(a b))");
  }
}

TEST(ColumnSelection, SelectsFromBatchesWhateverTheirOffsets) {
  const auto column = arrow::json::ArrayFromJSONString(
                          Order(), R"([{"price": 1, "items": [], "by": {"a": 1, "b": 2}}, null,
                                       {"price": 3, "items": null, "by": {"a": 3, "b": 4}}])")
                          .ValueOrDie();
  const auto schema = arrow::schema({field("x", arrow::int8()), field("order", Order())});
  const auto numbers = arrow::json::ArrayFromJSONString(arrow::int8(), "[1, 2, 3]").ValueOrDie();
  const ColumnSelection selection(schema, Names{"order.by.b"});
  for (const int64_t offset : {0, 1, 2}) {
    const auto batch = arrow::RecordBatch::Make(schema, 3, {numbers, column})->Slice(offset);
    const auto selected = selection.Select(batch);
    ASSERT_TRUE(selected->ValidateFull().ok());
    EXPECT_TRUE(selected->column(0)->Equals(
        *arrow::json::ArrayFromJSONString(selection.schema()->field(0)->type(),
                                          R"([{"by": {"b": 2}}, null, {"by": {"b": 4}}])")
             .ValueOrDie()
             ->Slice(offset)));
  }
  const ColumnSelection nothing(schema, Names{"y"});
  EXPECT_EQ(nothing.Select(arrow::RecordBatch::Make(schema, 3, {numbers, column}))->num_rows(), 3);
  EXPECT_THAT(nothing.leaves(), IsEmpty());
}

}  // namespace
}  // namespace formats
