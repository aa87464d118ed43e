#include "source/tables/discovery.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "formats/format.h"
#include "s3/memory_store.h"

namespace source {
namespace {

using testing::ElementsAre;

std::shared_ptr<const TableRules> Rules(const Spec& spec = {}) {
  return *TableRules::Make(spec, formats::FindFormat("parquet"));
}

Discovery DiscoveryOf(const std::vector<std::string>& keys, int64_t size_bytes = 10,
                      const Spec& spec = {}) {
  DiscoveryBuilder builder(Rules(spec));
  for (const std::string& key : keys) builder.Add({.key = key, .size_bytes = size_bytes});
  return builder.Finish();
}

std::vector<std::string> Names(const Discovery& discovery) {
  std::vector<std::string> names;
  for (const auto& table : discovery.tables) names.push_back(table.name);
  return names;
}

s3::ObjectInfo Modified(const std::string& key, int64_t seconds, const std::string& etag) {
  return {.key = key,
          .size_bytes = 10,
          .etag = etag,
          .last_modified = s3::Timestamp(std::chrono::seconds(seconds))};
}

std::vector<std::string> Keys() { return {"key"}; }

TEST(Discovery, HasOneTablePerFolder) {
  const auto discovery = DiscoveryOf({"b/1.parquet", "a/1.parquet", "a/2.parquet", "c.parquet"});
  EXPECT_THAT(Names(discovery), ElementsAre("a", "b", "c"));
  EXPECT_EQ(discovery.tables[0].objects.size(), 2u);
  EXPECT_EQ(discovery.tables[0].bytes, 20);
  EXPECT_TRUE(discovery.warnings.empty());
}

TEST(Discovery, OrdersTheObjectsOfATableByTheirKeys) {
  const auto discovery = DiscoveryOf({"a/3.parquet", "a/1.parquet", "b/1.parquet", "a/2.parquet"});
  std::vector<std::string> keys;
  for (const auto& object : discovery.tables[0].objects) keys.push_back(object.listing.key);
  EXPECT_THAT(keys, ElementsAre("a/1.parquet", "a/2.parquet", "a/3.parquet"));
}

TEST(Discovery, PassesOverFolderMarkersAndOtherEndings) {
  EXPECT_THAT(Names(DiscoveryOf({"a/", "a/x.csv", "a/_SUCCESS", "b/x.PARQUET", "c.parquet/"})),
              ElementsAre("b"));
}

TEST(Discovery, FoldersOfOneNameBecomeOneTableAndAWarningNamesBoth) {
  const auto discovery = DiscoveryOf({"a b/1.parquet", "a_b/2.parquet"});
  EXPECT_THAT(Names(discovery), ElementsAre("a_b"));
  EXPECT_THAT(discovery.warnings,
              ElementsAre("folders \"a b\" and \"a_b\" all become table \"a_b\"; their objects are "
                          "read as one table"));
}

TEST(Discovery, WarnsOnceOfAFolderWhoseNameIsAHash) {
  const auto discovery = DiscoveryOf({"日本/1.parquet", "日本/2.parquet"});
  EXPECT_THAT(discovery.warnings,
              ElementsAre("folder \"日本\" has no character that a table name can have; its table "
                          "is \"t_cf2abf0c\""));
}

TEST(Discovery, CountsWhatIsPassedOverWithAnExampleForEachReason) {
  const auto discovery =
      DiscoveryOf({"t/x.parquet", "t/_b", "t/_a", "t/x.csv", "t/.hoodie/c.parquet"});
  EXPECT_EQ(discovery.passed_over.keys(), 4);
  EXPECT_EQ(discovery.passed_over.Text(),
            "1 do not end in .parquet, such as \"t/x.csv\"; 1 match \"**/.hoodie/**\" of ignore, "
            "such as \"t/.hoodie/c.parquet\"; 2 match \"**/_*\" of ignore, such as \"t/_a\"");
}

TEST(Discovery, WarnsOfAFolderOfATableFormatWhoseFilesAreRead) {
  const auto discovery =
      DiscoveryOf({"a/_delta_log/0.json", "a/dt=1/x.parquet", "b/_delta_log/0.json", "b/x.csv",
                   "ab/x.parquet", "i/metadata/1.metadata.json", "i/data/x.parquet",
                   "j/metadata/1.metadata.json", "j/other/x.parquet"});
  ASSERT_EQ(discovery.warnings.size(), 2u);
  EXPECT_THAT(discovery.warnings[0], testing::StartsWith("folder \"a\" is a table of Delta"));
  EXPECT_THAT(discovery.warnings[1], testing::StartsWith("folder \"i\" is a table of Iceberg"));
}

TEST(Discovery, MentionsFoldersThatLookLikePartitionsWhenTheyAreMany) {
  std::vector<std::string> keys;
  for (int i = 0; i < 5; ++i) keys.push_back("t/dt=" + std::to_string(i) + "/x.parquet");
  EXPECT_EQ(DiscoveryOf(keys).partition_example, "");
  keys.push_back("t/dt=5/x.parquet");
  EXPECT_EQ(DiscoveryOf(keys).partition_example, "t/dt=0");
  EXPECT_EQ(DiscoveryOf(keys, 10, {.hive_partitioning = true}).partition_example, "");
}

TEST(Discovery, PartitionsAreColumnsInTheOrderOfTheOldestObject) {
  DiscoveryBuilder builder(Rules({.hive_partitioning = true}));
  builder.Add(Modified("t/a=1/b=2/x.parquet", 20, ""));
  builder.Add(Modified("t/Z=1/b=2/x.parquet", 10, ""));
  builder.Add(Modified("t/z=1/x.parquet", 30, ""));
  const auto discovery = builder.Finish();
  EXPECT_THAT(discovery.tables[0].extras.path_columns, ElementsAre("Z", "b", "a"));
}

TEST(Discovery, DatasetsThatShareATableShareItsColumns) {
  const auto discovery = DiscoveryOf(
      {"a/1/x", "b/2/y"}, 10,
      {.metadata_columns = {"row"},
       .datasets = {{.table = "t", .match = {"a/{day}/*"}},
                    {.table = "t", .match = {"b/{Day}/{more}"}, .metadata_columns = Keys()}}});
  ASSERT_THAT(Names(discovery), ElementsAre("t"));
  EXPECT_THAT(discovery.tables[0].extras.path_columns, ElementsAre("day", "more"));
  EXPECT_THAT(discovery.tables[0].extras.metadata,
              ElementsAre(MetadataColumn::kKey, MetadataColumn::kRow));
  EXPECT_TRUE(discovery.warnings.empty());
}

TEST(Discovery, ShowsThreeKeysThatNoDatasetMatches) {
  const auto discovery = DiscoveryOf({"d/1", "a/1", "c/1", "b/1"}, 10,
                                     {.datasets = {{.table = "t", .match = {"*x"}}}});
  EXPECT_THAT(discovery.unmatched, ElementsAre("a/1", "b/1", "c/1"));
}

TEST(Discovery, AKeyThatIsListedTwiceIsOneObject) {
  DiscoveryBuilder builder(Rules());
  builder.Add(Modified("a/1.parquet", 1, "old"));
  builder.Add(Modified("a/2.parquet", 1, "only"));
  builder.Add(Modified("a/1.parquet", 2, "new"));
  builder.Add(Modified("a/2.parquet", 1, "only"));
  const auto discovery = builder.Finish();
  ASSERT_EQ(discovery.tables[0].objects.size(), 2u);
  EXPECT_EQ(discovery.tables[0].objects[0].listing.etag, "new");
  EXPECT_EQ(discovery.tables[0].bytes, 20);
}

std::vector<size_t> Clashing(const std::vector<std::string>& keys, const std::string& state = "") {
  std::vector<size_t> tables;
  for (const NameClash& clash : FindNameClashes(DiscoveryOf(keys).tables, {state})) {
    tables.push_back(clash.table);
  }
  return tables;
}

TEST(FindNameClashes, NamesThatDifferInCaseOnlyClash) {
  EXPECT_THAT(Clashing({"Data/1.parquet", "b/1.parquet", "dATA/1.parquet", "data/1.parquet"}),
              ElementsAre(0, 2, 3));
  EXPECT_THAT(Clashing({"Data/1.parquet", "b/1.parquet"}), testing::IsEmpty());
}

TEST(FindNameClashes, TheMessageNamesTheFolders) {
  const auto discovery = DiscoveryOf({"my Data/1.parquet", "my_data/1.parquet"});
  EXPECT_THAT(FindNameClashes(discovery.tables, {})[0].message,
              testing::HasSubstr("folders \"my Data\" and \"my_data\""));
}

TEST(FindNameClashes, ATableNamedLikeThatOfTheStateClashes) {
  EXPECT_THAT(Clashing({"a/1.parquet", "cq_State/1.parquet"}, "cq_state"), ElementsAre(1));
  EXPECT_THAT(Clashing({"a/1.parquet"}, ""), testing::IsEmpty());
}

TEST(DiscoverTables, ReadsAllPagesUnderThePrefix) {
  base::ThreadPool io(4);
  s3::MemoryStore store;
  for (int i = 0; i < 2500; ++i) store.Put("data/" + std::to_string(i) + ".parquet", "x");
  store.Put("database/x.parquet", "x");
  store.Put("other/x.parquet", "x");
  const auto discovery = DiscoverTables(store, Rules({.path_prefix = "data"}), io, {});
  ASSERT_THAT(discovery, base::IsOk());
  EXPECT_THAT(Names(*discovery), ElementsAre("data", "database"));
  EXPECT_EQ(discovery->tables[0].objects.size(), 2500u);
}

TEST(DiscoverTables, ListsOnlyWhatThePatternsOfDatasetsBeginWith) {
  base::ThreadPool io(4);
  s3::MemoryStore store;
  for (const char* key : {"a/1/x", "a/2/x", "b/x", "c/x"}) store.Put(key, "x");
  const auto discovery = DiscoverTables(
      store, Rules({.datasets = {{.table = "t", .match = {"a/**", "b/*", "a/1/*"}}}}), io, {});
  ASSERT_THAT(discovery, base::IsOk());
  EXPECT_EQ(discovery->tables[0].objects.size(), 3u);
  EXPECT_EQ(discovery->passed_over.keys(), 0);
  EXPECT_EQ(store.calls().lists, 2);
}

TEST(DiscoverTables, PassesOnTheStoresErrors) {
  base::ThreadPool io(4);
  s3::MemoryStore store;
  store.DeleteBucket();
  EXPECT_THAT(DiscoverTables(store, Rules(), io, {}), base::IsError(base::ErrorKind::kNotFound));
}

}  // namespace
}  // namespace source
