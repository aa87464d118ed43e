#include "source/planner.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "base/testing.h"
#include "formats/format.h"
#include "s3/memory_store.h"
#include "source/tables/discovery.h"
#include "source/testing/testing.h"

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
  // All objects are to be read unless `decision` says otherwise.
  void Discover(Decision decision = Decision::kRead) {
    auto discovery =
        DiscoverTables(store_, *TableRules::Make({}, formats::FindFormat("parquet")), io_, {});
    tables_ = std::move(discovery->tables);
    for (PlannedTable& table : tables_) {
      for (PlannedObject& object : table.objects) object.decision = decision;
    }
  }

  arrow::Status Plan(PlanOptions options = {}) {
    Planner planner(store_, io_, *memory_, options);
    EXPECT_THAT(planner.Plan(tables_, outcomes_, &warnings_, {}), IsOk());
    return outcomes_.Result();
  }

  arrow::Status PlanStrict() {
    for (PlannedTable& table : tables_) table.schema_options.mode = SchemaMode::kStrict;
    return Plan();
  }

  arrow::Status DiscoverAndPlan() {
    Discover();
    return Plan();
  }

  std::optional<SyncMemory> memory_{DivideMemory(int64_t{256} << 20, 1)};
  s3::MemoryStore store_;
  std::vector<PlannedTable> tables_;
  base::ThreadPool io_{4};
  CapturedLog log_;
  Outcomes outcomes_{log_.logger(), nullptr, {}};
  std::vector<std::string> warnings_;
};

std::vector<std::string> ColumnNames(const cloudquery::Table& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.field->name());
  return names;
}

TEST_F(PlannerTest, ATableHasTheIdColumnsAndThoseOfItsFirstObject) {
  store_.Put("t/1.parquet", ParquetOf(0, 10));
  ASSERT_THAT(DiscoverAndPlan(), IsOk());
  const cloudquery::Table& table = *tables_.at(0).announced;
  EXPECT_THAT(ColumnNames(table), ElementsAre("_cq_id", "_cq_parent_id", "n", "s"));
  EXPECT_TRUE(table.columns[0].primary_key);
  EXPECT_FALSE(table.columns[0].field->nullable());
  EXPECT_TRUE(table.columns[2].field->nullable());
}

TEST_F(PlannerTest, OrderOfColumnsNullabilityAndMetadataDoNotCount) {
  store_.Put("t/1.parquet", EmptyFileOf({arrow::field("a", arrow::int32()),
                                         arrow::field("b", arrow::utf8(), /*nullable=*/false)}));
  store_.Put("t/2.parquet", EmptyFileOf({arrow::field("b", arrow::utf8()),
                                         arrow::field("a", arrow::int32(), /*nullable=*/false)}));
  ASSERT_THAT(DiscoverAndPlan(), IsOk());
  for (const PlannedObject& object : tables_.at(0).objects) EXPECT_NE(object.plan, nullptr);
  EXPECT_THAT(ColumnNames(*tables_.at(0).announced),
              ElementsAre("_cq_id", "_cq_parent_id", "a", "b"));
}

std::string Failed(const std::string& why) {
  return "1 table could not be read, so the result is incomplete and no stale rows are deleted; "
         "table \"t\": " +
         why;
}

std::string FailedAsStrict(const std::string& why) {
  return Failed(why +
                ". With schema: strict, all objects of a table must have the same columns and "
                "types. Set the types of columns in types, move one of the objects to another "
                "folder, or set schema: evolve.");
}

std::string FileOf(const std::string& name, const std::shared_ptr<arrow::Array>& values) {
  return ParquetOf(
      *arrow::Table::Make(arrow::schema({arrow::field(name, values->type())}), {values}));
}
std::string IntFile(const std::string& name) {
  arrow::Int32Builder builder;
  (void)builder.Append(7);
  return FileOf(name, *builder.Finish());
}
std::string TextFile(const std::string& name) {
  arrow::StringBuilder builder;
  (void)builder.Append("x");
  return FileOf(name, *builder.Finish());
}

TEST_F(PlannerTest, TypesWithNothingInCommonFailTheTableAndAreAllNamed) {
  store_.Put("t/1.parquet", IntFile("a"));
  store_.Put("t/2.parquet", TextFile("a"));
  store_.Put("t/3.parquet", TextFile("a"));
  store_.Put("u/1.parquet", TextFile("a"));
  const arrow::Status planned = DiscoverAndPlan();
  EXPECT_THAT(planned, IsError(ErrorKind::kConfig));
  EXPECT_THAT(planned, HasMessage(Failed(
                           "column \"a\" is int32 in object \"t/1.parquet\" but utf8 in object "
                           "\"t/2.parquet\" and 1 more. No type holds the values of both "
                           "without loss. Set the type of each of these columns in types (json "
                           "or text for a column of lists), set rescue: true to keep what does not "
                           "fit the oldest type in a column of its own, or move the objects of one "
                           "of the types to another folder, so that they become a table of their "
                           "own.")));
  EXPECT_FALSE(tables_.at(0).announced.has_value());
  for (const PlannedObject& object : tables_.at(0).objects) {
    EXPECT_EQ(object.outcome, Outcome::kFailed);
    EXPECT_EQ(object.plan, nullptr);
  }
  EXPECT_TRUE(tables_.at(1).announced.has_value());
}

TEST_F(PlannerTest, TypesUniteWhatHasNothingInCommonAndNamesThatMeanNothingAreWarnedOf) {
  store_.Put("t/1.parquet", IntFile("a"));
  store_.Put("t/2.parquet", TextFile("a"));
  store_.Put("u/1.parquet", TextFile("b"));
  Discover();
  for (PlannedTable& table : tables_) {
    table.schema_options.types = MakeColumnTypes({{"a", "text"}, {"b", "text"}, {"c.d", "text"}});
  }
  ASSERT_THAT(Plan(), IsOk());
  EXPECT_EQ(tables_.at(0).announced->columns.back().field->type(), arrow::utf8());
  EXPECT_THAT(warnings_, ElementsAre("types has columns that no object has, so their types mean "
                                     "nothing: \"c.d\""));
}

TEST_F(PlannerTest, ATableHasTheColumnsOfAllItsObjectsFromTheOldestOn) {
  using std::chrono::seconds;
  store_.Put("t/1.parquet", IntFile("new"), s3::Timestamp(seconds(2)));
  store_.Put("t/2.parquet", TextFile("old"), s3::Timestamp(seconds(1)));
  ASSERT_THAT(DiscoverAndPlan(), IsOk());
  EXPECT_THAT(ColumnNames(*tables_.at(0).announced),
              ElementsAre("_cq_id", "_cq_parent_id", "old", "new"));
}

TEST_F(PlannerTest, WithStrictAnotherTypeFailsTheTable) {
  store_.Put("t/1.parquet", EmptyFileOf({arrow::field("a", arrow::int32())}));
  store_.Put("t/2.parquet", EmptyFileOf({arrow::field("a", arrow::utf8())}));
  Discover();
  EXPECT_THAT(PlanStrict(),
              HasMessage(FailedAsStrict("column \"a\" is int32 in object \"t/1.parquet\" but utf8 "
                                        "in object \"t/2.parquet\"")));
}

TEST_F(PlannerTest, WithStrictColumnsThatOnlySomeObjectsHaveFailTheTableAndAreAllNamed) {
  store_.Put("t/1.parquet",
             EmptyFileOf({arrow::field("a", arrow::int32()), arrow::field("b", arrow::utf8())}));
  store_.Put("t/2.parquet",
             EmptyFileOf({arrow::field("a", arrow::int32()), arrow::field("d", arrow::date32())}));
  Discover();
  EXPECT_THAT(PlanStrict(),
              HasMessage(FailedAsStrict("column \"b\" is utf8 in object \"t/1.parquet\" but "
                                        "missing in object \"t/2.parquet\"; column \"d\" is "
                                        "missing in object \"t/1.parquet\" but date32[day] in "
                                        "object \"t/2.parquet\"")));
}

TEST_F(PlannerTest, FoldersOfOneNameMustAgreeToo) {
  store_.Put("a b/1.parquet", EmptyFileOf({arrow::field("a", arrow::int32())}));
  store_.Put("a_b/2.parquet", EmptyFileOf({arrow::field("a", arrow::int64())}));
  Discover();
  EXPECT_THAT(PlanStrict(), IsError(ErrorKind::kConfig));
}

TEST_F(PlannerTest, ObjectsThatCannotBeReadAreReportedAndTheOthersPlanned) {
  store_.Put("t/1.parquet", "this is no Parquet at all");
  store_.Put("t/2.parquet", ParquetOf(0, 10));
  store_.Put("u/1.parquet", "");
  ASSERT_THAT(DiscoverAndPlan(), IsOk());
  EXPECT_TRUE(tables_.at(0).announced.has_value());
  EXPECT_EQ(tables_.at(0).objects[0].outcome, Outcome::kMalformed);
  EXPECT_TRUE(tables_.at(0).objects[1].is_pending());
  EXPECT_FALSE(tables_.at(1).announced.has_value());
  EXPECT_EQ(outcomes_.warnings(), 2);
}

TEST_F(PlannerTest, WhatLooksDamagedIsFetchedOnceMore) {
  store_.Put("t/1.parquet", "this is no Parquet at all");
  ASSERT_THAT(DiscoverAndPlan(), IsOk());
  EXPECT_EQ(store_.calls().gets, 2);
}

TEST_F(PlannerTest, KeepsSmallObjectsAndLayoutsOnlyWithinTheirMemory) {
  for (int i = 0; i < 20; ++i) store_.Put("t/" + std::to_string(i) + ".parquet", ParquetOf(i, 5));
  Discover();
  const std::vector<PlannedObject>& objects = tables_.at(0).objects;
  // Room for the contents of some, then for the layouts of some.
  const int64_t bytes = 20 * 1000;
  memory_.emplace(
      MemoryShares{.fetch_bytes = 2 * bytes, .layout_bytes = bytes, .small_object_bytes = bytes});
  ASSERT_THAT(Plan(), IsOk());
  int contents = 0, layouts = 0;
  for (const PlannedObject& object : objects) {
    if (object.plan->content != nullptr) ++contents;
    if (object.plan->layout != nullptr) ++layouts;
    EXPECT_GT(object.plan->layout_bytes, 0);
  }
  EXPECT_GT(contents, 0);
  EXPECT_GT(layouts, contents);
  EXPECT_LT(layouts, 20);
  EXPECT_GT(memory_->fetch.held_bytes(), 0);
  EXPECT_LE(memory_->fetch.held_bytes(), bytes);
  EXPECT_GT(memory_->layouts.held_bytes(), 0);
  EXPECT_LE(memory_->layouts.held_bytes(), bytes);
  tables_.clear();
  EXPECT_EQ(memory_->fetch.held_bytes() + memory_->layouts.held_bytes(), 0);
}

class OldestObjectTest : public PlannerTest {
 protected:
  void SetUp() override {
    using std::chrono::seconds;
    store_.Put("t/1.parquet", EmptyFileOf({arrow::field("a", arrow::int64())}),
               s3::Timestamp(seconds(200)));
    store_.Put("t/2.parquet", EmptyFileOf({arrow::field("a", arrow::int32())}),
               s3::Timestamp(seconds(100)));
  }
};

TEST_F(OldestObjectTest, DecidesAboutTheSchemaEvenWhenNothingIsRead) {
  Discover(Decision::kKnown);
  ASSERT_THAT(Plan(), IsOk());
  EXPECT_TRUE(tables_.at(0).announced->columns[2].field->type()->Equals(arrow::int32()));
  EXPECT_EQ(store_.calls().gets, 1);
}

TEST_F(OldestObjectTest, WithStrictMustAgreeWithThoseThatAreRead) {
  Discover(Decision::kKnown);
  tables_.at(0).objects[0].decision = Decision::kRead;
  EXPECT_THAT(PlanStrict(),
              HasMessage(FailedAsStrict("column \"a\" is int32 in object \"t/2.parquet\" but int64 "
                                        "in object \"t/1.parquet\"")));
}

TEST_F(OldestObjectTest, ThatIsArchivedDecidesNothingAndCostsNoRequest) {
  store_.Put("t/2.parquet", EmptyFileOf({arrow::field("a", arrow::int32())}),
             s3::Timestamp(std::chrono::seconds(100)), "GLACIER");
  Discover(Decision::kKnown);
  ASSERT_THAT(Plan(), IsOk());
  EXPECT_TRUE(tables_.at(0).announced->columns[2].field->type()->Equals(arrow::int64()));
  EXPECT_EQ(store_.calls().gets, 1);
}

TEST_F(OldestObjectTest, CostsNothingWhenTheTablesSchemaIsRemembered) {
  Discover(Decision::kKnown);
  tables_.at(0).remembered = {
      {.columns = arrow::schema({arrow::field("b", arrow::utf8())}), .remembered = true}};
  ASSERT_THAT(Plan(), IsOk());
  EXPECT_THAT(ColumnNames(*tables_.at(0).announced), ElementsAre("_cq_id", "_cq_parent_id", "b"));
  EXPECT_EQ(store_.calls().gets, 0);
}

TEST_F(OldestObjectTest, WhatIsRememberedWidensWithWhatIsReadAndAWarningSaysSo) {
  Discover(Decision::kKnown);
  store_.Put("t/1.parquet", IntFile("a"));
  tables_.at(0).objects[0].decision = Decision::kRead;
  tables_.at(0).remembered = {
      {.columns = arrow::schema({arrow::field("a", arrow::int16())}), .remembered = true}};
  ASSERT_THAT(Plan(), IsOk());
  EXPECT_TRUE(tables_.at(0).announced->columns[2].field->type()->Equals(arrow::int32()));
  EXPECT_THAT(warnings_,
              ElementsAre(testing::HasSubstr("table \"t\": types of columns have changed since the "
                                             "last sync: \"a\" from int16 to int32. ")));
}

TEST_F(PlannerTest, AnOldestObjectThatIsMalformedAndNotReadIsPassedOverInSilence) {
  store_.Put("t/1.parquet", "broken");
  store_.Put("t/2.parquet", ParquetOf(0, 5));
  Discover(Decision::kKnown);
  ASSERT_THAT(Plan(), IsOk());
  EXPECT_TRUE(tables_.at(0).announced.has_value());
  EXPECT_EQ(outcomes_.warnings(), 0);
}

TEST_F(PlannerTest, TablesAloneCostOneLayoutEach) {
  for (int i = 0; i < 20; ++i) store_.Put("t/" + std::to_string(i) + ".parquet", ParquetOf(i, 5));
  store_.Put("u/2.parquet", ParquetOf(0, 5));
  Discover(Decision::kKnown);
  ASSERT_THAT(Plan(), IsOk());
  EXPECT_EQ(store_.calls().gets, 2);
}

}  // namespace
}  // namespace source
