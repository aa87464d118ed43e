// The contract of ObjectStore, for every implementation. MemoryStore runs it here; S3Store runs it
// against a real server in tests/integration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/testing.h"
#include "s3/memory_store.h"
#include "s3/testing/object_store_contract.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;

/// Every page of a listing; fails the test on an error.
std::vector<ObjectInfo> ListAll(ObjectStore& store, const std::string& prefix, int max_keys = 1000,
                                int* pages = nullptr) {
  std::vector<ObjectInfo> all;
  ListRequest request{.prefix = prefix, .max_keys = max_keys};
  for (;;) {
    auto page = store.List(request, {});
    EXPECT_THAT(page, IsOk());
    if (!page.ok()) return all;
    if (pages != nullptr) ++*pages;
    EXPECT_LE(page->objects.size(), static_cast<size_t>(max_keys));
    all.insert(all.end(), page->objects.begin(), page->objects.end());
    if (!page->continuation) return all;
    request.continuation = *page->continuation;
  }
}

std::vector<std::string> KeysOf(const std::vector<ObjectInfo>& objects) {
  std::vector<std::string> keys;
  for (const auto& object : objects) keys.push_back(object.key);
  return keys;
}

arrow::Result<std::string> GetText(ObjectStore& store, const std::string& key, ByteRange range,
                                   const std::string& if_match = "", std::stop_token stop = {}) {
  ARROW_ASSIGN_OR_RAISE(
      auto buffer, store.Get({.key = key, .range = range, .if_match = if_match}, std::move(stop)));
  return buffer->ToString();
}

TEST_P(ObjectStoreContract, AnEmptyBucketListsNothing) {
  auto page = store().List({}, {});
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->objects, IsEmpty());
  EXPECT_FALSE(page->continuation.has_value());
}

TEST_P(ObjectStoreContract, AListingDescribesEachObject) {
  const auto before = std::chrono::system_clock::now() - std::chrono::hours(1);
  bucket_->Put("a/b.parquet", "12345");
  const auto objects = ListAll(store(), "");
  ASSERT_EQ(objects.size(), 1u);
  EXPECT_EQ(objects[0].key, "a/b.parquet");
  EXPECT_EQ(objects[0].size_bytes, 5);
  EXPECT_GT(objects[0].etag.size(), 2u);
  EXPECT_TRUE(objects[0].etag.starts_with('"') && objects[0].etag.ends_with('"'));
  EXPECT_EQ(objects[0].storage_class, "STANDARD");
  EXPECT_GT(objects[0].last_modified, before);
  EXPECT_LT(objects[0].last_modified, before + std::chrono::hours(2));
}

TEST_P(ObjectStoreContract, MoreThanAThousandKeysComeInSeveralPagesEachOnceAndInByteOrder) {
  constexpr int kKeys = 1050;
  for (int i = 0; i < kKeys; ++i) bucket_->Put("k/" + std::to_string(i), "x");
  int pages = 0;
  const auto keys = KeysOf(ListAll(store(), "", 1000, &pages));
  EXPECT_EQ(pages, 2);
  EXPECT_EQ(keys.size(), static_cast<size_t>(kKeys));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(std::set(keys.begin(), keys.end()).size(), keys.size());
}

TEST_P(ObjectStoreContract, SmallPagesAddUpToTheSameListing) {
  for (int i = 0; i < 10; ++i) bucket_->Put("k" + std::to_string(i), "x");
  const auto whole = KeysOf(ListAll(store(), ""));
  ASSERT_EQ(whole.size(), 10u);
  for (const int max_keys : {1, 3, 5, 10}) {
    int pages = 0;
    EXPECT_EQ(KeysOf(ListAll(store(), "", max_keys, &pages)), whole);
    // A server may learn only from an empty last page that the one before was the last.
    EXPECT_THAT(pages - (10 + max_keys - 1) / max_keys, testing::AnyOf(0, 1)) << max_keys;
  }
}

TEST_P(ObjectStoreContract, APrefixMayEndInsideAName) {
  for (const char* key : {"data/2024-01", "data/2024-02", "data/2025-01", "date", "dat"}) {
    bucket_->Put(key, "x");
  }
  EXPECT_THAT(KeysOf(ListAll(store(), "data/2024")), ElementsAre("data/2024-01", "data/2024-02"));
  EXPECT_THAT(KeysOf(ListAll(store(), "date")), ElementsAre("date"));
  EXPECT_THAT(KeysOf(ListAll(store(), "data/2024-0", 1)),
              ElementsAre("data/2024-01", "data/2024-02"));
  EXPECT_THAT(KeysOf(ListAll(store(), "nothing")), IsEmpty());
}

TEST_P(ObjectStoreContract, KeysComeInTheOrderOfTheirBytes) {
  // U+FF5E is below U+1F600 in UTF-8 but above it in UTF-16.
  const std::vector<std::string> sorted = {"A",  "a", "a-b",    "a.b",
                                           "a0", "b", "\uff5e", "\U0001F600"};
  for (const auto& key : sorted) bucket_->Put(key, "x");
  EXPECT_EQ(KeysOf(ListAll(store(), "")), sorted);
}

TEST_P(ObjectStoreContract, AListingStartsAfterAKeyThatNeedNotExist) {
  for (const char* key : {"a", "b/1", "b/2", "c"}) bucket_->Put(key, "x");
  const auto after = [&](const std::string& key, const std::string& prefix = "") {
    auto page = store().List({.prefix = prefix, .start_after = key}, {});
    EXPECT_THAT(page, IsOk());
    return KeysOf(page->objects);
  };
  EXPECT_THAT(after("a"), ElementsAre("b/1", "b/2", "c"));
  EXPECT_THAT(after("b/"), ElementsAre("b/1", "b/2", "c"));
  EXPECT_THAT(after("b/1", "b"), ElementsAre("b/2"));
  EXPECT_THAT(after("A", "b"), ElementsAre("b/1", "b/2"));
  EXPECT_THAT(after("c"), IsEmpty());
}

TEST_P(ObjectStoreContract, ADelimiterGathersKeysIntoCommonPrefixes) {
  for (const char* key : {"a b/1", "a b/2", "c/1/x", "c/2/y", "c/z", "d", "e/1"}) {
    bucket_->Put(key, "x");
  }
  ListRequest request{.delimiter = "/", .max_keys = 2};
  std::vector<std::string> keys, folders;
  for (;;) {
    auto page = store().List(request, {});
    ASSERT_THAT(page, IsOk());
    for (const auto& object : page->objects) keys.push_back(object.key);
    folders.insert(folders.end(), page->common_prefixes.begin(), page->common_prefixes.end());
    if (!page->continuation) break;
    request.continuation = *page->continuation;
  }
  EXPECT_THAT(keys, ElementsAre("d"));
  EXPECT_THAT(folders, ElementsAre("a b/", "c/", "e/"));
  const auto inner = store().List({.prefix = "c/", .start_after = "c/1/x", .delimiter = "/"}, {});
  ASSERT_THAT(inner, IsOk());
  EXPECT_THAT(KeysOf(inner->objects), ElementsAre("c/z"));
  EXPECT_THAT(inner->common_prefixes, testing::Contains("c/2/"));
}

TEST_P(ObjectStoreContract, OddKeysAreListedAndReadAsTheyAre) {
  std::vector<std::string> keys = {"with space",
                                   "plus+plus",
                                   "per%20cent",
                                   "per%cent",
                                   "quote'single",
                                   "quote\"double",
                                   "year=2024/month=01/x",
                                   "amp&and",
                                   "question?mark",
                                   "hash#tag",
                                   "semi;colon:colon,comma",
                                   "paren(the)ses[square]{curly}",
                                   "less<greater>",
                                   "dollar$at@bang!star*tilde~",
                                   "\u00fcml\u00e4ut/\u65e5\u672c\u8a9e/\U0001F600",
                                   " leading",
                                   "trailing ",
                                   "tab\tinside",
                                   "caf\u00e9",
                                   "cafe\u0301"};
  // 1,024 bytes at most, and file systems under a server want short segments.
  std::string longest;
  while (longest.size() < 1000) longest += std::string(124, 'k') + "/";
  keys.push_back(longest.substr(0, 999) + "k");
  if (bucket_->takes_empty_segments()) {
    for (const char* key : {"double//slash", "/leading", "dots/./and/../dots", "trailing/"}) {
      keys.emplace_back(key);
    }
  }
  for (const auto& key : keys) bucket_->Put(key, "content of " + key);

  EXPECT_THAT(KeysOf(ListAll(store(), "")), testing::UnorderedElementsAreArray(keys));
  for (const auto& key : keys) {
    const std::string content = "content of " + key;
    auto text = GetText(store(), key, {0, static_cast<int64_t>(content.size())});
    ASSERT_THAT(text, IsOk()) << key;
    EXPECT_EQ(*text, content);
    EXPECT_THAT(KeysOf(ListAll(store(), key)), testing::Contains(key));
  }
}

TEST_P(ObjectStoreContract, AListingCanContinueAfterAnOddKey) {
  for (const char* key : {"a b", "a+b", "a%2Bb", "a&b=c", "a\u00fc"}) bucket_->Put(key, "x");
  EXPECT_EQ(KeysOf(ListAll(store(), "a", 1)), KeysOf(ListAll(store(), "a")));
}

TEST_P(ObjectStoreContract, ARangeGivesExactlyItsBytes) {
  bucket_->Put("digits", "0123456789");
  EXPECT_EQ(GetText(store(), "digits", {0, 10}).ValueOr("error"), "0123456789");
  EXPECT_EQ(GetText(store(), "digits", {0, 1}).ValueOr("error"), "0");
  EXPECT_EQ(GetText(store(), "digits", {3, 4}).ValueOr("error"), "3456");
  EXPECT_EQ(GetText(store(), "digits", {9, 1}).ValueOr("error"), "9");
}

TEST_P(ObjectStoreContract, ALargeObjectIsReadInPiecesThatFitTogether) {
  std::string content(5 * 1024 * 1024 + 17, '\0');
  for (size_t i = 0; i < content.size(); ++i)
    content[i] = static_cast<char>((i * 2654435761u) >> 13);
  bucket_->Put("large", content);
  std::string joined;
  const auto size = static_cast<int64_t>(content.size());
  for (int64_t offset = 0; offset < size; offset += 1'000'003) {
    auto piece = GetText(store(), "large", {offset, std::min<int64_t>(1'000'003, size - offset)});
    ASSERT_THAT(piece, IsOk());
    joined += *piece;
  }
  EXPECT_TRUE(joined == content);
}

TEST_P(ObjectStoreContract, ARangeBeyondTheObjectMeansThatItChanged) {
  bucket_->Put("short", "0123");
  EXPECT_THAT(GetText(store(), "short", {0, 5}), IsError(ErrorKind::kChanged));
  EXPECT_THAT(GetText(store(), "short", {4, 1}), IsError(ErrorKind::kChanged));
}

TEST_P(ObjectStoreContract, AnEmptyOrNegativeRangeIsRefused) {
  bucket_->Put("k", "0123");
  EXPECT_FALSE(GetText(store(), "k", {0, 0}).ok());
  EXPECT_FALSE(GetText(store(), "k", {-1, 2}).ok());
}

TEST_P(ObjectStoreContract, AMissingObjectIsNotFoundAndTheErrorNamesIt) {
  const auto missing = GetText(store(), "no/such key", {0, 1});
  EXPECT_THAT(missing, IsError(ErrorKind::kNotFound));
  const auto info = base::InfoOf(missing.status());
  EXPECT_EQ(info.key, "no/such key");
  EXPECT_EQ(info.code, "NoSuchKey");
  EXPECT_FALSE(info.retryable);
  EXPECT_THAT(base::MessageOf(missing.status()), testing::HasSubstr("no/such key"));
}

TEST_P(ObjectStoreContract, ADeletedObjectIsNotFound) {
  bucket_->Put("k", "0123");
  bucket_->Delete("k");
  EXPECT_THAT(GetText(store(), "k", {0, 1}), IsError(ErrorKind::kNotFound));
  EXPECT_THAT(ListAll(store(), ""), IsEmpty());
}

TEST_P(ObjectStoreContract, AMissingBucketIsNotFound) {
  auto& missing = bucket_->store_without_bucket();
  const auto listing = missing.List({}, {});
  EXPECT_THAT(listing, IsError(ErrorKind::kNotFound));
  EXPECT_EQ(base::InfoOf(listing.status()).code, "NoSuchBucket");
  const auto object = GetText(missing, "k", {0, 1});
  // Only a listing is believed that.
  EXPECT_THAT(object, IsError(ErrorKind::kTransport));
  EXPECT_EQ(base::InfoOf(object.status()).code, "NoSuchBucket");
}

TEST_P(ObjectStoreContract, AStoredChecksumIsLookedUpForTheListedObjectAlone) {
  bucket_->Put("k", "0123");
  const std::string etag = ListAll(store(), "k").at(0).etag;
  EXPECT_THAT(store().StoredChecksum("k", etag, {}), IsOk());
  EXPECT_THAT(store().StoredChecksum("k", "", {}), IsOk());
  EXPECT_THAT(store().StoredChecksum("k", "\"other\"", {}), IsError(ErrorKind::kChanged));
  EXPECT_THAT(store().StoredChecksum("gone", etag, {}), IsError(ErrorKind::kNotFound));
}

TEST_P(ObjectStoreContract, AFreshConnectionGivesTheSameBytes) {
  bucket_->Put("digits", "0123456789");
  auto buffer = store().Get({.key = "digits", .range = {2, 3}, .fresh_connection = true}, {});
  ASSERT_THAT(buffer, IsOk());
  EXPECT_EQ((*buffer)->ToString(), "234");
}

TEST_P(ObjectStoreContract, TheListedETagPinsTheObject) {
  bucket_->Put("k", "first");
  const std::string etag = ListAll(store(), "k").at(0).etag;
  EXPECT_EQ(GetText(store(), "k", {0, 5}, etag).ValueOr("error"), "first");
  bucket_->Put("k", "other");
  const auto changed = GetText(store(), "k", {0, 5}, etag);
  EXPECT_THAT(changed, IsError(ErrorKind::kChanged));
  EXPECT_EQ(base::InfoOf(changed.status()).key, "k");
  EXPECT_EQ(GetText(store(), "k", {0, 5}).ValueOr("error"), "other");
}

TEST_P(ObjectStoreContract, ARequestedStopCancelsBeforeAnythingIsAsked) {
  bucket_->Put("k", "0123");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(store().List({}, stop.get_token()), IsError(ErrorKind::kCancelled));
  EXPECT_THAT(GetText(store(), "k", {0, 1}, "", stop.get_token()), IsError(ErrorKind::kCancelled));
}

TEST_P(ObjectStoreContract, AStopRequestedWhileThreadsReadCancelsAllOfThem) {
  bucket_->Put("k", std::string(1 << 20, 'x'));
  std::stop_source stop;
  std::atomic<int> reads = 0;
  std::vector<arrow::Status> ends(4);
  std::vector<std::jthread> threads;
  for (auto& end : ends) {
    threads.emplace_back([&] {
      while (end.ok()) {
        end = GetText(store(), "k", {0, 1 << 20}, "", stop.get_token()).status();
        ++reads;
      }
    });
  }
  while (reads < 8) std::this_thread::yield();
  stop.request_stop();
  threads.clear();
  for (const auto& end : ends) EXPECT_THAT(end, IsError(ErrorKind::kCancelled));
  // What was cancelled leaves nothing behind that disturbs the next request.
  EXPECT_EQ(GetText(store(), "k", {0, 3}).ValueOr("error"), "xxx");
}

class MemoryBucket final : public BucketUnderTest {
 public:
  MemoryBucket() { missing_.DeleteBucket(); }
  ObjectStore& store() override { return store_; }
  void Put(const std::string& key, std::string_view content) override {
    store_.Put(key, content, std::chrono::system_clock::now());
  }
  void Delete(const std::string& key) override { store_.Delete(key); }
  ObjectStore& store_without_bucket() override { return missing_; }
  bool takes_empty_segments() const override { return true; }

 private:
  MemoryStore store_;
  MemoryStore missing_;
};

TEST(MemoryStore, GivesTheChecksumThatItWasToldToStore) {
  MemoryStore store;
  store.Put("k", "123456789");
  EXPECT_EQ(store.StoredChecksum("k", "", {}).ValueOrDie(), std::nullopt);
  EXPECT_FALSE(store.List({}, {})->objects.at(0).whole_checksum);
  store.StoreChecksumOf("k", ChecksumAlgorithm::kCrc32c);
  EXPECT_EQ(store.StoredChecksum("k", "", {}).ValueOrDie(),
            (Checksum{ChecksumAlgorithm::kCrc32c, "4waSgw=="}));
  EXPECT_TRUE(store.List({}, {})->objects.at(0).whole_checksum);
}

TEST(MemoryStore, AnArchivedObjectIsReadOnceItIsRestored) {
  MemoryStore store;
  store.Put("k", "0123", {}, "GLACIER");
  EXPECT_THAT(GetText(store, "k", {0, 4}), IsError(ErrorKind::kArchived));
  store.Restore("k");
  EXPECT_EQ(GetText(store, "k", {0, 4}).ValueOr("error"), "0123");
  EXPECT_TRUE(store.List({}, {})->objects.at(0).restored);
}

INSTANTIATE_TEST_SUITE_P(Memory, ObjectStoreContract,
                         testing::Values(StoreUnderTest{
                             "MemoryStore", [] { return std::make_unique<MemoryBucket>(); }}),
                         NameOf);

}  // namespace
}  // namespace s3
