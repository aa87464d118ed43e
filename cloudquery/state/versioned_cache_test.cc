#include "cloudquery/state/versioned_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cloudquery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(VersionedCacheTest, TheHighestVersionCountsWhateverTheOrder) {
  VersionedCache cache;
  cache.Load({"a", "new", 7});
  cache.Load({"a", "old", 6});
  EXPECT_EQ(cache.Get("a"), "new");
  cache.Load({"a", "newest", 8});
  EXPECT_EQ(cache.Get("a"), "newest");
}

TEST(VersionedCacheTest, OfEqualVersionsTheLaterRowCounts) {
  VersionedCache cache;
  cache.Load({"a", "first", 2});
  cache.Load({"a", "second", 2});
  EXPECT_EQ(cache.Get("a"), "second");
}

TEST(VersionedCacheTest, AChangedValueIsUnsavedWithTheNextVersion) {
  VersionedCache cache;
  cache.Load({"a", "1", 3});
  cache.Load({"b", "1", 3});
  cache.Set("a", "1");
  EXPECT_THAT(cache.UnsavedRows(), IsEmpty());
  cache.Set("b", "2");
  cache.Set("c", "1");
  EXPECT_THAT(cache.UnsavedRows(), ElementsAre(StateRow{"b", "2", 4}, StateRow{"c", "1", 1}));
}

TEST(VersionedCacheTest, AnEmptyValueIsNoValueAndHidesTheOldOne) {
  VersionedCache cache;
  cache.Set("never", "");
  EXPECT_THAT(cache.UnsavedRows(), IsEmpty());
  cache.Load({"a", "1", 1});
  cache.Set("a", "");
  EXPECT_THAT(cache.UnsavedRows(), ElementsAre(StateRow{"a", "", 2}));
  EXPECT_THAT(cache.KeysWithPrefix(""), IsEmpty());
}

TEST(VersionedCacheTest, WhatIsSetAfterTheRowsWereTakenStaysUnsaved) {
  VersionedCache cache;
  cache.Set("a", "1");
  cache.Set("b", "1");
  const std::vector<StateRow> taken = cache.UnsavedRows();
  cache.Set("a", "2");
  cache.MarkSaved(taken);
  EXPECT_THAT(cache.UnsavedRows(), ElementsAre(StateRow{"a", "2", 2}));
}

TEST(VersionedCacheTest, KeysWithAPrefixAreInOrder) {
  VersionedCache cache;
  for (const char* key : {"b/2", "b/1", "a", "c", "b"}) cache.Set(key, "x");
  EXPECT_THAT(cache.KeysWithPrefix("b/"), ElementsAre("b/1", "b/2"));
  EXPECT_THAT(cache.KeysWithPrefix("b"), ElementsAre("b", "b/1", "b/2"));
}

}  // namespace
}  // namespace cloudquery
