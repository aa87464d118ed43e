#include "source/table_plan.h"

#include <gtest/gtest.h>

#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "base/testing.h"
#include "s3/memory_store.h"
#include "source/testing.h"

namespace source {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using testing::ElementsAre;

std::string EmptyFileOf(arrow::FieldVector fields) {
  return ParquetOf(**arrow::Table::MakeEmpty(arrow::schema(std::move(fields))));
}

class PlannerTest : public testing::Test {
 protected:
  arrow::Result<std::vector<TablePlan>> Plan() {
    inventory_ = *TakeInventory(store_, "", io_, {});
    return planner_.PlanAll(inventory_.tables, All(inventory_), failures_, &warnings_, {});
  }

  static std::vector<ReadSet> All(const Inventory& inventory) {
    std::vector<ReadSet> reads;
    for (const auto& table : inventory.tables) reads.emplace_back(table.objects.size(), true);
    return reads;
  }

  s3::MemoryStore store_;
  Inventory inventory_;
  base::ThreadPool io_{4};
  CapturedLog log_;
  Failures failures_{log_.logger(), nullptr, /*fail_on_malformed=*/false};
  Planner planner_{store_, io_, {}};
  std::vector<std::string> warnings_;
};

std::vector<std::string> ColumnNames(const cloudquery::Table& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.field->name());
  return names;
}

TEST_F(PlannerTest, ATableHasTheIdColumnsAndThoseOfItsFirstObject) {
  store_.Put("t/1.parquet", ParquetOf(0, 10));
  const auto plans = Plan();
  ASSERT_THAT(plans, IsOk());
  EXPECT_THAT(ColumnNames(plans->at(0).table), ElementsAre("_cq_id", "_cq_parent_id", "n", "s"));
  EXPECT_TRUE(plans->at(0).table.columns[0].primary_key);
  EXPECT_FALSE(plans->at(0).table.columns[0].field->nullable());
  EXPECT_TRUE(plans->at(0).table.columns[2].field->nullable());
}

TEST_F(PlannerTest, OrderOfColumnsNullabilityAndMetadataDoNotCount) {
  store_.Put("t/1.parquet", EmptyFileOf({arrow::field("a", arrow::int32()),
                                         arrow::field("b", arrow::utf8(), /*nullable=*/false)}));
  store_.Put("t/2.parquet", EmptyFileOf({arrow::field("b", arrow::utf8()),
                                         arrow::field("a", arrow::int32(), /*nullable=*/false)}));
  const auto plans = Plan();
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->at(0).objects.size(), 2u);
  EXPECT_THAT(ColumnNames(plans->at(0).table), ElementsAre("_cq_id", "_cq_parent_id", "a", "b"));
}

TEST_F(PlannerTest, AnotherTypeIsAnErrorThatNamesBothObjectsTheColumnAndTheTypes) {
  store_.Put("t/1.parquet", EmptyFileOf({arrow::field("a", arrow::int32())}));
  store_.Put("t/2.parquet", EmptyFileOf({arrow::field("a", arrow::utf8())}));
  EXPECT_THAT(Plan(), IsError(ErrorKind::kConfig));
  EXPECT_THAT(Plan(),
              HasMessage("table \"t\": column \"a\" is int32 in object \"t/1.parquet\" but "
                         "utf8 in object \"t/2.parquet\". All objects of a table must have "
                         "the same columns and types; move one of them to another folder."));
}

TEST_F(PlannerTest, AMissingOrAdditionalColumnIsAnErrorToo) {
  store_.Put("t/1.parquet",
             EmptyFileOf({arrow::field("a", arrow::int32()), arrow::field("b", arrow::utf8())}));
  store_.Put("t/2.parquet", EmptyFileOf({arrow::field("a", arrow::int32())}));
  EXPECT_THAT(Plan(),
              HasMessage("table \"t\": column \"b\" is utf8 in object \"t/1.parquet\" but "
                         "missing in object \"t/2.parquet\". All objects of a table must have "
                         "the same columns and types; move one of them to another folder."));
  store_.Put("t/1.parquet", EmptyFileOf({arrow::field("c", arrow::int32())}));
  store_.Put("t/2.parquet",
             EmptyFileOf({arrow::field("c", arrow::int32()), arrow::field("d", arrow::date32())}));
  EXPECT_THAT(Plan(),
              HasMessage("table \"t\": column \"d\" is missing in object \"t/1.parquet\" but "
                         "date32[day] in object \"t/2.parquet\". All objects of a table must "
                         "have the same columns and types; move one of them to another folder."));
}

TEST_F(PlannerTest, FoldersOfOneNameMustAgreeToo) {
  store_.Put("a b/1.parquet", EmptyFileOf({arrow::field("a", arrow::int32())}));
  store_.Put("a_b/2.parquet", EmptyFileOf({arrow::field("a", arrow::int64())}));
  EXPECT_THAT(Plan(),
              HasMessage("table \"a_b\": column \"a\" is int32 in object \"a b/1.parquet\" "
                         "but int64 in object \"a_b/2.parquet\". All objects of a table must "
                         "have the same columns and types; move one of them to another folder."));
}

TEST_F(PlannerTest, LeavesOutObjectsThatCannotBeRead) {
  store_.Put("t/1.parquet", "this is no Parquet at all");
  store_.Put("t/2.parquet", ParquetOf(0, 10));
  store_.Put("u/1.parquet", "");
  const auto plans = Plan();
  ASSERT_THAT(plans, IsOk());
  ASSERT_EQ(plans->size(), 1u);
  ASSERT_EQ(plans->at(0).objects.size(), 1u);
  EXPECT_EQ(plans->at(0).objects[0].generation.info().key, "t/2.parquet");
  EXPECT_EQ(failures_.warnings(), 2);
  EXPECT_THAT(failures_.Outcome(), IsOk());
}

TEST_F(PlannerTest, KeepsFootersOnlyWithinTheirMemory) {
  for (int i = 0; i < 20; ++i) store_.Put("t/" + std::to_string(i) + ".parquet", ParquetOf(i, 5));
  Planner planner(store_, io_, {.footer_cache_bytes = 1});
  const auto inventory = *TakeInventory(store_, "", io_, {});
  const auto plans = *planner.PlanAll(inventory.tables, All(inventory), failures_, &warnings_, {});
  for (const auto& object : plans.at(0).objects) EXPECT_EQ(object.file, nullptr);
}

TEST_F(PlannerTest, TheSchemaIsThatOfTheOldestObjectEvenWhenOthersAreRead) {
  using std::chrono::seconds;
  store_.Put("t/1.parquet", EmptyFileOf({arrow::field("a", arrow::int64())}),
             s3::Timestamp(seconds(200)));
  store_.Put("t/2.parquet", EmptyFileOf({arrow::field("a", arrow::int32())}),
             s3::Timestamp(seconds(100)));
  const auto inventory = *TakeInventory(store_, "", io_, {});
  const auto none = planner_.PlanAll(inventory.tables, {{false, false}}, failures_, &warnings_, {});
  ASSERT_THAT(none, IsOk());
  EXPECT_TRUE(none->at(0).objects.empty());
  EXPECT_TRUE(none->at(0).table.columns[2].field->type()->Equals(arrow::int32()));
  EXPECT_EQ(store_.calls().gets, 1);
  EXPECT_THAT(
      planner_.PlanAll(inventory.tables, {{true, false}}, failures_, &warnings_, {}),
      HasMessage("table \"t\": column \"a\" is int32 in object \"t/2.parquet\" but int64 in "
                 "object \"t/1.parquet\". All objects of a table must have the same columns "
                 "and types; move one of them to another folder."));
}

TEST_F(PlannerTest, AnOldestObjectThatIsMalformedAndNotReadIsPassedOverInSilence) {
  store_.Put("t/1.parquet", "broken");
  store_.Put("t/2.parquet", ParquetOf(0, 5));
  const auto inventory = *TakeInventory(store_, "", io_, {});
  const auto plans =
      planner_.PlanAll(inventory.tables, {{false, false}}, failures_, &warnings_, {});
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->size(), 1u);
  EXPECT_EQ(failures_.warnings(), 0);
}

TEST_F(PlannerTest, TablesAloneCostOneFooterEach) {
  for (int i = 0; i < 20; ++i) store_.Put("t/" + std::to_string(i) + ".parquet", ParquetOf(i, 5));
  store_.Put("u/1.parquet", "broken");
  store_.Put("u/2.parquet", ParquetOf(0, 5));
  const auto inventory = *TakeInventory(store_, "", io_, {});
  const auto before = store_.calls().gets;
  const auto tables = planner_.PlanTables(inventory.tables, failures_, {});
  ASSERT_THAT(tables, IsOk());
  EXPECT_EQ(tables->size(), 2u);
  EXPECT_EQ(store_.calls().gets - before, 3);
}

}  // namespace
}  // namespace source
