#include "source/discovery.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "formats/format.h"
#include "s3/memory_store.h"

namespace source {
namespace {

using testing::ElementsAre;

Discovery DiscoveryOf(const std::vector<std::string>& keys, int64_t size_bytes = 10) {
  DiscoveryBuilder builder(*formats::FindFormat("parquet"));
  for (const std::string& key : keys) builder.Add({.key = key, .size_bytes = size_bytes});
  return builder.Finish();
}

std::vector<std::string> Names(const Discovery& discovery) {
  std::vector<std::string> names;
  for (const auto& table : discovery.tables) names.push_back(table.name);
  return names;
}

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

s3::ObjectInfo Modified(const std::string& key, int64_t seconds, const std::string& etag) {
  return {.key = key,
          .size_bytes = 10,
          .etag = etag,
          .last_modified = s3::Timestamp(std::chrono::seconds(seconds))};
}

TEST(Discovery, AKeyThatIsListedTwiceIsOneObject) {
  DiscoveryBuilder builder(*formats::FindFormat("parquet"));
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
  for (const NameClash& clash : FindNameClashes(DiscoveryOf(keys).tables, state)) {
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
  EXPECT_THAT(FindNameClashes(discovery.tables, "")[0].message,
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
  const auto discovery = DiscoverTables(store, *formats::FindFormat("parquet"), "data", io, {});
  ASSERT_THAT(discovery, base::IsOk());
  EXPECT_THAT(Names(*discovery), ElementsAre("data", "database"));
  EXPECT_EQ(discovery->tables[0].objects.size(), 2500u);
}

TEST(DiscoverTables, PassesOnTheStoresErrors) {
  base::ThreadPool io(4);
  s3::MemoryStore store;
  store.DeleteBucket();
  EXPECT_THAT(DiscoverTables(store, *formats::FindFormat("parquet"), "", io, {}),
              base::IsError(base::ErrorKind::kNotFound));
}

}  // namespace
}  // namespace source
