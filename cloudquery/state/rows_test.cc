#include "cloudquery/state/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "cloudquery/testing/state_testing.h"

namespace cloudquery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<StateRow> VisitedRows(const std::string& record) {
  std::vector<StateRow> rows;
  EXPECT_THAT(VisitStateRows(record, [&](StateRow row) { rows.push_back(std::move(row)); }),
              base::IsOk());
  return rows;
}

arrow::Status Visit(const std::string& record) {
  return VisitStateRows(record, [](const StateRow&) {});
}

TEST(StateRowsTest, EncodedRowsAreVisitedInTheirOrder) {
  const std::vector<StateRow> rows = {{"b", "2", 7}, {"a", "", 0}, {"ü", "1", 1}};
  const auto batch = EncodeStateRows(rows, ToArrowSchema(StateTable("state")));
  ASSERT_THAT(batch, base::IsOk());
  EXPECT_EQ(VisitedRows(EncodeBatches({*batch})), rows);
}

TEST(StateRowsTest, ANullVersionCountsAsZero) {
  EXPECT_THAT(VisitedRows(EncodeBatches({ToBatch({{"a", "1", std::nullopt}})})),
              ElementsAre(StateRow{"a", "1", 0}));
}

TEST(StateRowsTest, TheNearestTypesOfADatabaseAreTaken) {
  EXPECT_THAT(VisitedRows(EncodeBatches(
                  {BatchAs<arrow::LargeStringBuilder, arrow::Int64Builder>({{"a", "1", 4}})})),
              ElementsAre(StateRow{"a", "1", 4}));
  EXPECT_THAT(VisitedRows(EncodeBatches(
                  {BatchAs<arrow::StringViewBuilder, arrow::UInt64Builder>({{"b", "2", 5}})})),
              ElementsAre(StateRow{"b", "2", 5}));
}

TEST(StateRowsTest, ColumnsOfOtherTypesAreAnErrorThatNamesTheColumn) {
  const arrow::Status status =
      Visit(EncodeBatches({BatchAs<arrow::StringBuilder, arrow::DoubleBuilder>({{"a", "1", 4}})}));
  EXPECT_THAT(status, base::IsError(base::ErrorKind::kCorrupt));
  EXPECT_THAT(status.message(), HasSubstr("column \"version\" has the type double"));
}

TEST(StateRowsTest, BytesThatAreNotAnIpcStreamAreAnError) {
  EXPECT_FALSE(Visit("these bytes are not an IPC stream").ok());
}

}  // namespace
}  // namespace cloudquery
