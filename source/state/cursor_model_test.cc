// Random histories of a bucket and its syncs, against a reference that remembers every generation.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/testing.h"
#include "base/time.h"

#include "source/state/cursor_codec.h"
#include "source/state/sharding.h"
#include "source/state/table_state.h"
#include "source/testing/testing.h"

namespace source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kHistories = 10'000;
constexpr int kStepsPerHistory = 30;
constexpr char kTable[] = "t";

s3::Timestamp ToSecond(s3::Timestamp time) { return std::chrono::floor<seconds>(time); }

using Generation = std::pair<std::string, std::string>;  // key and ETag
Generation GenerationOf(const s3::ObjectInfo& object) { return {object.key, object.etag}; }

// The reference: what syncs that ended well delivered, and how often they met what is malformed.
struct Reference {
  std::set<Generation> delivered;
  std::map<Generation, int> tried;

  bool Reads(const s3::ObjectInfo& object) const {
    const auto tries = tried.find(GenerationOf(object));
    return !delivered.contains(GenerationOf(object)) &&
           (tries == tried.end() || tries->second <= Undelivered::kMaxRetries);
  }
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed) {
    const int64_t lookbacks[] = {0, 5, 60, 3600};
    options_.lookback = seconds(lookbacks[Below(4)]);
    if (Below(4) == 0) options_.max_known = 3;
    server_jumps_ = Below(2) == 0;
  }

  void Run() {
    if (Below(3) == 0) StartFromPlainCursor();
    for (int step = 0; step < kStepsPerHistory; ++step) Step();
    server_ahead_ = local_ahead_ = seconds(0);
    nothing_fails_ = true;
    SyncAll(/*ends_well=*/true, "", 1);
    for (const auto& [key, object] : bucket_) {
      if (malformed_.contains(GenerationOf(object))) continue;
      EXPECT_TRUE(reference_.delivered.contains(GenerationOf(object))) << "lost: " << key;
    }
  }

 private:
  int Below(int limit) { return static_cast<int>(random_() % static_cast<uint64_t>(limit)); }
  bool OneIn(int n) { return Below(n) == 0; }

  std::string AnyKey() {
    static const char* const kFolders[] = {"a/", "a/b/", "c/"};
    return kFolders[Below(3)] + std::to_string(Below(5));
  }

  void Wait() {
    const int spans[] = {0, 1, 300, 900, 4000, 100'000, 5'000'000};
    now_ += milliseconds(spans[Below(7)]);
  }

  s3::ObjectInfo NewGeneration(const std::string& key) {
    return {.key = key,
            .etag = "e" + std::to_string(++etags_),
            .last_modified = ToSecond(now_ + server_ahead_)};
  }

  void Put(const s3::ObjectInfo& object) {
    if (OneIn(8)) malformed_.insert(GenerationOf(object));
    bucket_[object.key] = object;
  }

  // Uploads end within the look-back window, or they are outside what is promised.
  void EndUploads() {
    std::erase_if(uploads_, [&](const auto& upload) {
      const bool late = now_ - upload.first >= options_.lookback;
      const bool ends = !late && OneIn(2);
      if (ends) Put(upload.second);
      return late || ends;
    });
  }

  void Step() {
    Wait();
    switch (Below(10)) {
      case 0:
      case 1:
      case 2:
        Put(NewGeneration(AnyKey()));
        break;
      case 3:
        bucket_.erase(AnyKey());
        break;
      case 4:
        uploads_.emplace_back(now_, NewGeneration(AnyKey()));
        break;
      case 5:
        EndUploads();
        break;
      case 6:
        JumpClocks();
        break;
      default:
        AnySync();
    }
  }

  // Only one of the clocks runs wrong in a history: with both ahead nobody could tell.
  void JumpClocks() {
    (server_jumps_ ? server_ahead_ : local_ahead_) = seconds((Below(4) - 1) * 40'000);
    server_ahead_ = std::max(server_ahead_, std::chrono::nanoseconds(0));
  }

  void AnySync() {
    const char* const prefixes[] = {"", "", "a/", "a/b/", "c/"};
    const int totals[] = {1, 1, 1, 2, 4};
    SyncAll(/*ends_well=*/!OneIn(4), prefixes[Below(5)], totals[Below(5)]);
  }

  void SyncAll(bool ends_well, const std::string& prefix, int shards) {
    for (int num = 1; num <= shards; ++num) {
      SyncOne(ends_well || OneIn(2), {.prefix = prefix, .shard = {.num = num, .total = shards}});
    }
  }

  void SyncOne(bool ends_well, const Scope& scope) {
    const auto store = state_.Open();
    TableState state(*store, "bucket");
    const auto cursor = state.Load(kTable);
    ASSERT_THAT(cursor, base::IsOk());
    std::vector<ObjectOutcome> outcomes;
    for (const auto& [key, object] : bucket_) {
      if (!key.starts_with(scope.prefix) || !IsOfShard(key, scope.shard)) continue;
      outcomes.push_back(OutcomeOf(*cursor, object));
    }
    std::shuffle(outcomes.begin(), outcomes.end(), random_);
    if (!ends_well) return;
    const auto next = cursor->Advance(scope, now_ + local_ahead_, options_, outcomes);
    ASSERT_THAT(next.record.Validate(), base::IsOk());
    EXPECT_LE(next.record.coverages.size(), 5u);
    may_repeat_ |= next.forgotten > 0;
    for (const ObjectOutcome& outcome : outcomes) Note(outcome);
    state.Save(kTable, next);
    ASSERT_THAT(store->Flush({}), base::IsOk());
  }

  ObjectOutcome OutcomeOf(const TableCursor& cursor, const s3::ObjectInfo& object) {
    const Decision decision = cursor.Decide(object);
    const bool reads = decision == Decision::kRead, expected = reference_.Reads(object);
    EXPECT_TRUE(reads || !expected) << "lost: " << object.key << " " << object.etag;
    EXPECT_TRUE(!reads || expected || may_repeat_) << "again: " << object.key << " " << object.etag;
    if (decision == Decision::kKnown) return {&object, ObjectOutcome::kDelivered, ""};
    if (decision == Decision::kSkip) return {&object, ObjectOutcome::kMalformed, ""};
    if (!nothing_fails_ && OneIn(20)) return {&object, ObjectOutcome::kFailed, ""};
    const bool bad = malformed_.contains(GenerationOf(object));
    return {&object, bad ? ObjectOutcome::kMalformed : ObjectOutcome::kDelivered,
            bad ? "corrupt" : ""};
  }

  void Note(const ObjectOutcome& outcome) {
    const Generation generation = GenerationOf(*outcome.object);
    if (outcome.kind == ObjectOutcome::kDelivered) reference_.delivered.insert(generation);
    if (outcome.kind == ObjectOutcome::kMalformed && !outcome.reason.empty()) {
      ++reference_.tried[generation];
    }
  }

  void StartFromPlainCursor() {
    for (int i = 0; i < 5; ++i) {
      now_ += seconds(Below(3));
      bucket_[AnyKey()] = NewGeneration(AnyKey());
    }
    bucket_.clear();
    for (int i = 0; i < 5; ++i) {
      const auto object = NewGeneration(AnyKey());
      bucket_[object.key] = object;
      now_ += seconds(Below(3));
    }
    const s3::Timestamp plain = ToSecond(now_) - seconds(2);
    for (const auto& [key, object] : bucket_) {
      if (object.last_modified <= plain) reference_.delivered.insert(GenerationOf(object));
    }
    state_.values["s3/bucket/t/last_modified_cursor"] = base::FormatRfc3339(plain);
    now_ += seconds(1);
  }

  std::mt19937_64 random_;
  CursorOptions options_;
  s3::Timestamp now_{std::chrono::hours(400'000)};
  std::chrono::nanoseconds server_ahead_{0}, local_ahead_{0};
  bool server_jumps_ = false;
  std::map<std::string, s3::ObjectInfo> bucket_;
  std::vector<std::pair<s3::Timestamp, s3::ObjectInfo>> uploads_;
  std::set<Generation> malformed_;
  bool nothing_fails_ = false;
  int etags_ = 0;
  MemoryState state_;
  Reference reference_;
  bool may_repeat_ = false;  // the state had no room for all it should remember
};

TEST(CursorModel, EveryGenerationIsReadAndNoneTwiceOverRandomHistories) {
  for (uint64_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("history " + std::to_string(seed));
    History(seed).Run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace source
