#include "source/inventory.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "s3/memory_store.h"

namespace source {
namespace {

using testing::ElementsAre;

Inventory InventoryOf(const std::vector<std::string>& keys, int64_t size_bytes = 10) {
  InventoryBuilder builder;
  for (const std::string& key : keys) builder.Add({.key = key, .size_bytes = size_bytes});
  return builder.Finish();
}

std::vector<std::string> Names(const Inventory& inventory) {
  std::vector<std::string> names;
  for (const auto& table : inventory.tables) names.push_back(table.name);
  return names;
}

TEST(Inventory, HasOneTablePerFolder) {
  const auto inventory = InventoryOf({"b/1.parquet", "a/1.parquet", "a/2.parquet", "c.parquet"});
  EXPECT_THAT(Names(inventory), ElementsAre("a", "b", "c"));
  EXPECT_EQ(inventory.tables[0].objects.size(), 2u);
  EXPECT_EQ(inventory.tables[0].bytes, 20);
  EXPECT_EQ(inventory.objects, 4);
  EXPECT_EQ(inventory.bytes, 40);
  EXPECT_TRUE(inventory.warnings.empty());
}

TEST(Inventory, OrdersTheObjectsOfATableByTheirKeys) {
  const auto inventory = InventoryOf({"a/3.parquet", "a/1.parquet", "b/1.parquet", "a/2.parquet"});
  std::vector<std::string> keys;
  for (const auto& object : inventory.tables[0].objects) keys.push_back(object.key);
  EXPECT_THAT(keys, ElementsAre("a/1.parquet", "a/2.parquet", "a/3.parquet"));
}

TEST(Inventory, PassesOverFolderMarkersAndOtherEndings) {
  EXPECT_THAT(Names(InventoryOf({"a/", "a/x.csv", "a/_SUCCESS", "b/x.PARQUET", "c.parquet/"})),
              ElementsAre("b"));
}

TEST(Inventory, FoldersOfOneNameBecomeOneTableAndAWarningNamesBoth) {
  const auto inventory = InventoryOf({"a b/1.parquet", "a_b/2.parquet"});
  EXPECT_THAT(Names(inventory), ElementsAre("a_b"));
  EXPECT_THAT(inventory.warnings,
              ElementsAre("folders \"a b\" and \"a_b\" all become table \"a_b\"; their objects are "
                          "read as one table"));
}

TEST(Inventory, WarnsOnceOfAFolderWhoseNameIsAHash) {
  const auto inventory = InventoryOf({"日本/1.parquet", "日本/2.parquet"});
  EXPECT_THAT(inventory.warnings,
              ElementsAre("folder \"日本\" has no character that a table name can have; its table "
                          "is \"t_cf2abf0c\""));
}

TEST(TakeInventory, ReadsAllPagesUnderThePrefix) {
  base::ThreadPool io(4);
  s3::MemoryStore store;
  for (int i = 0; i < 2500; ++i) store.Put("data/" + std::to_string(i) + ".parquet", "x");
  store.Put("database/x.parquet", "x");
  store.Put("other/x.parquet", "x");
  const auto inventory = TakeInventory(store, "data", io, {});
  ASSERT_THAT(inventory, base::IsOk());
  EXPECT_THAT(Names(*inventory), ElementsAre("data", "database"));
  EXPECT_EQ(inventory->tables[0].objects.size(), 2500u);
}

TEST(TakeInventory, PassesOnTheStoresErrors) {
  base::ThreadPool io(4);
  s3::MemoryStore store;
  store.DeleteBucket();
  EXPECT_THAT(TakeInventory(store, "", io, {}), base::IsError(base::ErrorKind::kNotFound));
}

}  // namespace
}  // namespace source
