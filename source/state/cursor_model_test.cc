// Random histories of a bucket, its syncs, the destination and all that can go wrong between them,
// against a reference that remembers every generation.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/testing.h"
#include "base/time.h"

#include "source/state/increment.h"
#include "source/state/sharding.h"
#include "source/state/table_state.h"
#include "source/testing/testing.h"

namespace source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kHistories = 10'000;
constexpr int kStepsPerHistory = 24;
constexpr char kTable[] = "t";

s3::Timestamp ToSecond(s3::Timestamp time) { return std::chrono::floor<seconds>(time); }

using Generation = std::pair<std::string, std::string>;  // key and ETag
Generation GenerationOf(const s3::ObjectInfo& object) { return {object.key, object.etag}; }

// Keeps rows back until it is told to store them, and may die before that.
struct Destination {
  std::set<Generation> stored, kept_back;
  int deaths = 0;

  void Store() {
    stored.merge(kept_back);
    kept_back.clear();
  }
  void Die() {
    kept_back.clear();
    ++deaths;
  }
};

// What the state must say.
struct Reference {
  /// Certainly delivered: the state has them.
  std::set<Generation> known;
  /// The state may have them or not: a crash came while it was written, or they were gone.
  std::set<Generation> unsure;
  std::map<Generation, int> tried;

  void Know(const Generation& generation) {
    known.insert(generation);
    unsure.erase(generation);
  }
  void Doubt(const Generation& generation) {
    if (known.erase(generation) > 0) unsure.insert(generation);
  }
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed) {
    server_jumps_ = OneIn(2);
    state_.on_flush = [this] {
      if (flushes_until_crash_ < 0) return arrow::Status::OK();
      if (flushes_until_crash_ > 0) {
        --flushes_until_crash_;
        return arrow::Status::OK();
      }
      // Some refuse once only, as a plugin does that is in use.
      if (OneIn(3)) flushes_until_crash_ = -1;
      return base::MakeError(base::ErrorKind::kTransport, "the backend is gone");
    };
  }

  void Run() {
    if (OneIn(3)) StartFromPlainCursor();
    for (int step = 0; step < kStepsPerHistory; ++step) Step();
    server_ahead_ = local_ahead_ = seconds(0);
    nothing_fails_ = true;
    SyncOne({});
    SyncOne({});
    for (const auto& [key, object] : bucket_) {
      if (malformed_.contains(GenerationOf(object))) continue;
      EXPECT_TRUE(destination_.stored.contains(GenerationOf(object))) << "lost: " << key;
      EXPECT_TRUE(reference_.known.contains(GenerationOf(object))) << "not known: " << key;
    }
  }

 private:
  // --- the bucket ---

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

  // A quarter of all objects has an old date: copies, replicas, uploads that took long.
  s3::ObjectInfo NewGeneration(const std::string& key) {
    const auto age = OneIn(4) ? seconds(Below(10'000'000)) : seconds(0);
    return {.key = key,
            .etag = "e" + std::to_string(++etags_),
            .last_modified = ToSecond(now_ + server_ahead_ - age)};
  }

  void Put(const s3::ObjectInfo& object) { bucket_[object.key] = object; }

  void PutNew() {
    const s3::ObjectInfo object = NewGeneration(AnyKey());
    if (OneIn(8)) malformed_.insert(GenerationOf(object));
    Put(object);
  }

  void Delete() {
    const auto found = bucket_.find(AnyKey());
    if (found == bucket_.end()) return;
    deleted_.push_back(found->second);
    bucket_.erase(found);
  }

  // As it was, date and all: a delete marker that is removed.
  void Restore() {
    if (!deleted_.empty()) Put(deleted_[static_cast<size_t>(Below(int(deleted_.size())))]);
  }

  void Step() {
    Wait();
    switch (Below(10)) {
      case 0:
      case 1:
      case 2:
        return PutNew();
      case 3:
        return Delete();
      case 4:
        return Restore();
      case 5:
        return JumpClocks();
      default:
        return AnySync();
    }
  }

  // Only one of the clocks runs wrong in a history: with both ahead nobody could tell.
  void JumpClocks() {
    (server_jumps_ ? server_ahead_ : local_ahead_) = seconds((Below(4) - 1) * 40'000);
    server_ahead_ = std::max(server_ahead_, std::chrono::nanoseconds(0));
  }

  // --- syncs ---

  Scope AnyScope() {
    const char* const prefixes[] = {"", "", "a/", "a/b/", "c/"};
    const int totals[] = {1, 1, 1, 2, 4};
    const int total = totals[Below(5)];
    return {.prefix = prefixes[Below(5)], .shard = {.num = 1 + Below(total), .total = total}};
  }

  void AnySync() {
    Scope scope = AnyScope();
    const int last = OneIn(2) ? scope.shard.total : scope.shard.num;
    for (; scope.shard.num <= last; ++scope.shard.num) SyncOne(scope);
  }

  PlannedTable Listed(const Scope& scope) const {
    PlannedTable table;
    table.name = kTable;
    for (const auto& [key, object] : bucket_) {
      if (!key.starts_with(scope.prefix)) continue;
      table.objects.emplace_back().listing = object;
    }
    return table;
  }

  // One sync, with another inside it now and then.
  void SyncOne(const Scope& scope, bool alone = false) {
    const auto store = state_.Open();
    TableState state(*store, "bucket", "store");
    Increment increment(&state, scope, {}, log_.logger());
    std::vector<PlannedTable> tables(1);
    tables[0] = Listed(scope);
    ASSERT_THAT(increment.Decide(tables), base::IsOk());
    Check(tables[0]);
    const bool acknowledges = nothing_fails_ || !OneIn(4);
    Plan plan{.crash_at = nothing_fails_ || !OneIn(3) ? -1 : Below(12),
              .checkpoint_every = acknowledges ? 1 + Below(6) : 1000};
    if (!Read(tables[0], plan, increment, alone)) return Crash();
    const bool failed = std::ranges::any_of(
        tables[0].objects, [](const auto& object) { return object.outcome == Outcome::kFailed; });
    // Without an acknowledgement a failed sync stores nothing.
    if (!acknowledges && failed) return Crash();
    // A crash without one, after the state, loses rows; the documents say so.
    if (acknowledges && plan.crash_at >= 0) flushes_until_crash_ = Below(4);
    destination_.Store();
    const bool remembered = increment.Remember(tables, now_ + local_ahead_, {}).ok();
    Note(tables[0], scope, remembered);
    if (!remembered) Crash();
    flushes_until_crash_ = -1;
  }

  struct Plan {
    int crash_at = -1;  // after so many steps; negative: it does not crash
    int checkpoint_every = 1;
  };

  // False: it crashed.
  bool Read(PlannedTable& table, const Plan& plan, Increment& increment, bool alone) {
    std::vector<PlannedObject*> pending;
    for (PlannedObject& object : table.objects) {
      if (object.is_pending()) pending.push_back(&object);
    }
    std::shuffle(pending.begin(), pending.end(), random_);
    std::vector<DeliveredObject> delivered;
    int steps = 0;
    for (PlannedObject* object : pending) {
      if (steps++ == plan.crash_at) return false;
      ReadObject(object);
      if (object->outcome == Outcome::kDelivered) {
        destination_.kept_back.insert(GenerationOf(object->listing));
        delivered.push_back({&table, HashOf(object->listing)});
        checkpointed_.push_back(GenerationOf(object->listing));
      }
      if (OneIn(5)) destination_.Store();
      // If the destination dies with the other sync, this one ends too.
      if (!alone && !nothing_fails_ && OneIn(20) && !Nest()) return false;
      if (steps % plan.checkpoint_every != 0) continue;
      if (!Checkpoint(&delivered, plan, increment)) return false;
    }
    checkpointed_.clear();
    return true;
  }

  bool Checkpoint(std::vector<DeliveredObject>* delivered, const Plan& plan, Increment& increment) {
    destination_.Store();  // that is what its acknowledgement means
    if (plan.crash_at >= 0 && OneIn(6)) flushes_until_crash_ = Below(3);
    const bool stored = increment.Checkpoint(*delivered, {}).ok();
    for (const Generation& generation : checkpointed_) {
      if (stored) {
        reference_.Know(generation);
      } else {
        reference_.unsure.insert(generation);
      }
    }
    checkpointed_.clear();
    delivered->clear();
    return stored;
  }

  // Another sync that begins and ends while this one runs; false: the destination died.
  bool Nest() {
    const auto outer = std::exchange(checkpointed_, {});
    const int deaths = destination_.deaths;
    SyncOne(AnyScope(), /*alone=*/true);
    checkpointed_ = outer;
    return destination_.deaths == deaths;
  }

  void ReadObject(PlannedObject* object) {
    object->outcome = Outcome::kDelivered;
    if (malformed_.contains(GenerationOf(object->listing))) {
      object->outcome = Outcome::kMalformed;
      object->reason = base::ErrorKind::kCorrupt;
    }
    if (!nothing_fails_ && OneIn(20)) object->outcome = Outcome::kFailed;
  }

  // Whoever died, the destination has stored some of the rows or none.
  void Crash() {
    flushes_until_crash_ = -1;
    checkpointed_.clear();
    OneIn(2) ? destination_.Die() : destination_.Store();
  }

  // The state is never ahead of the data, and what it certainly has is not read again.
  void Check(const PlannedTable& table) {
    for (const PlannedObject& object : table.objects) {
      const Generation generation = GenerationOf(object.listing);
      const bool stored = destination_.stored.contains(generation);
      const std::string name = generation.first + " " + generation.second;
      if (object.decision == Decision::kKnown) {
        EXPECT_TRUE(stored) << "lost: " << name;
      }
      if (object.decision == Decision::kRead) {
        EXPECT_FALSE(reference_.known.contains(generation)) << "again: " << name;
      }
      if (object.decision == Decision::kSkip) {
        EXPECT_TRUE(malformed_.contains(generation)) << "lost: " << name;
        EXPECT_GT(reference_.tried[generation], Undelivered::kMaxRetries);
      }
    }
  }

  // After the last write of a sync, which may have failed anywhere.
  void Note(const PlannedTable& table, const Scope& scope, bool remembered) {
    std::set<Generation> listed;
    for (const PlannedObject& object : table.objects) {
      listed.insert(GenerationOf(object.listing));
      const Generation generation = GenerationOf(object.listing);
      if (object.decision == Decision::kOtherShard) continue;
      if (object.decision == Decision::kKnown || object.outcome == Outcome::kDelivered) {
        if (remembered) {
          reference_.Know(generation);
        } else if (!reference_.known.contains(generation)) {
          reference_.unsure.insert(generation);
        }
      }
      if (object.outcome == Outcome::kMalformed) ++reference_.tried[generation];
    }
    // What is gone is forgotten; its hash may still be in the record of another shard.
    std::vector<Generation> gone;
    for (const Generation& generation : reference_.known) {
      if (generation.first.starts_with(scope.prefix) && !listed.contains(generation)) {
        gone.push_back(generation);
      }
    }
    for (const Generation& generation : gone) reference_.Doubt(generation);
  }

  void StartFromPlainCursor() {
    for (int i = 0; i < 5; ++i) {
      Put({.key = AnyKey(),
           .etag = "e" + std::to_string(++etags_),
           .last_modified = ToSecond(now_)});
      now_ += seconds(Below(3));
    }
    const s3::Timestamp plain = ToSecond(now_) - seconds(2);
    for (const auto& [key, object] : bucket_) {
      if (object.last_modified > plain) continue;
      reference_.Know(GenerationOf(object));
      destination_.stored.insert(GenerationOf(object));
    }
    state_.values["s3/bucket/t/last_modified_cursor"] = base::FormatRfc3339(plain);
    now_ += seconds(1);
    // Until a sync has looked at them, the date stands for objects that appear late, too.
    const bool failing = std::exchange(nothing_fails_, true);
    SyncOne({});
    nothing_fails_ = failing;
  }

  std::mt19937_64 random_;
  s3::Timestamp now_{std::chrono::hours(400'000)};
  std::chrono::nanoseconds server_ahead_{0}, local_ahead_{0};
  bool server_jumps_ = false;
  bool nothing_fails_ = false;
  int etags_ = 0;
  std::map<std::string, s3::ObjectInfo> bucket_;
  std::vector<s3::ObjectInfo> deleted_;
  std::set<Generation> malformed_;
  std::vector<Generation> checkpointed_;  // delivered since the last checkpoint of the sync
  int flushes_until_crash_ = -1;
  CapturedLog log_;
  MemoryState state_;
  Destination destination_;
  Reference reference_;
};

TEST(CursorModel, TheStateIsNeverAheadOfTheDataAndNothingKnownIsReadAgain) {
  for (uint64_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("history " + std::to_string(seed));
    History(seed).Run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace source
