#include "formats/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/array.h"
#include "arrow/json/from_string.h"

namespace formats {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<arrow::Array> Numbers(const std::string& json) {
  return arrow::json::ArrayFromJSONString(arrow::int64(), json).ValueOrDie();
}

TEST(RowBatch, WithoutItsFirstRowsHasTheMisfitsOfTheOthers) {
  const auto schema = arrow::schema({arrow::field("n", arrow::int64())});
  const RowBatch batch{.rows = arrow::RecordBatch::Make(schema, 4, {Numbers("[0, null, 2, null]")}),
                       .first_row = 10,
                       .misfits = {{.column = 0, .rows = {1, 3}, .values = Numbers("[77, 78]")}},
                       .place_of = [](int64_t row) { return "line " + std::to_string(row); }};
  const RowBatch all = WithoutFirst(0, batch);
  EXPECT_EQ(all.rows->num_rows(), 4);
  EXPECT_EQ(all.first_row, 10);
  const RowBatch rest = WithoutFirst(2, batch);
  EXPECT_EQ(rest.rows->num_rows(), 2);
  EXPECT_EQ(rest.first_row, 12);
  ASSERT_EQ(rest.misfits.size(), 1);
  EXPECT_THAT(rest.misfits[0].rows, ElementsAre(1));
  EXPECT_TRUE(rest.misfits[0].values->Equals(*Numbers("[78]")));
  EXPECT_EQ(rest.place_of(1), "line 3");
  EXPECT_THAT(WithoutFirst(4, batch).misfits, IsEmpty());
}

}  // namespace
}  // namespace formats
