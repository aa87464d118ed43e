// What of a table was delivered already: a state machine of values, with no clock, no store and no
// order of completion in it.
//
// A coverage says which objects under one prefix earlier syncs delivered: it has the hash of each.
// What several coverages say adds up: an object that any of them vouches for is not read again. No
// date decides about an object, so one that becomes visible late, whatever its date, is new. Only
// what other implementations and earlier versions left is a date; the first sync that finds it
// makes hashes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/status.h"
#include "cloudquery/source.h"
#include "s3/object_store.h"
#include "source/state/delivered_set.h"

namespace source {

ObjectHash HashOf(const s3::ObjectInfo& object);

/// An object that was not delivered: malformed, or archived.
struct Undelivered {
  /// Reads after the first one. Then a malformed object is skipped until it has another ETag, or
  /// `conditions` change. An archived one is tried for ever: a restore changes neither.
  static constexpr int kMaxRetries = 3;

  std::string key;
  ObjectHash object = 0;
  /// Name of a base::ErrorKind.
  std::string reason;
  /// Syncs that tried to read it.
  int attempts = 1;
  /// Under which it was tried: what may be the reason though the object stays the same, such as the
  /// version of the plugin.
  std::string conditions;

  bool is_archived() const;

  bool operator==(const Undelivered&) const = default;
};

struct Coverage {
  /// Keys that do not begin with it are not covered.
  std::string prefix;
  /// By which rules objects belonged to the table (PlannedTable::membership): under other rules
  /// nothing is covered, since objects of any age may come to the table then.
  std::string membership;
  /// Nothing that failed is as old as this, or older. What other implementations go by.
  s3::Timestamp cursor{};
  /// All older objects were delivered too, but for those in `undelivered`: what a plain cursor or
  /// an earlier version says. It counts only for keys that no coverage without it covers.
  std::optional<s3::Timestamp> delivered_before;
  /// Delivered objects.
  DeliveredSet known;
  /// Ascending by key, no repeats.
  std::vector<Undelivered> undelivered;

  bool operator==(const Coverage&) const = default;
};

/// Where a sync looks.
struct Scope {
  std::string prefix;
  cloudquery::Shard shard;
  /// See Coverage::membership.
  std::string membership;
};

/// What one process left of a table: all of it, or one shard's share.
struct CursorRecord {
  cloudquery::Shard shard;
  /// The store that the objects are in, see s3::ObjectStore::Name; empty: written by an earlier
  /// version.
  std::string store;
  /// Raised by each write.
  uint64_t generation = 0;
  /// Delivered objects that it should know but does not, since their row is damaged.
  size_t lost = 0;
  /// The plain cursor that stood beside it when it was written; none: there was none.
  std::optional<s3::Timestamp> plain;
  /// One per prefix and membership.
  std::vector<Coverage> coverages;

  /// kCorrupt when a value contradicts itself.
  [[nodiscard]] arrow::Status Validate() const;

  /// Whether it has a coverage of the scope, and no date in that.
  bool Has(const Scope& scope) const;

  /// Adds delivered objects to the coverage of a scope. If it has none, the coverage begins with
  /// `known`, what was delivered before of all that is listed in the scope.
  void Extend(const Scope& scope, std::vector<ObjectHash> known, std::vector<ObjectHash> delivered);
};

enum class Decision {
  kRead,   // new, or to be tried again
  kKnown,  // delivered
  kSkip,   // malformed, tried often enough

  // What TableCursor does not decide:
  kArchived,    // to be read, but the listing says that it must be restored first
  kOtherShard,  // not this sync's to read
};

/// What became of an object of the listing.
struct ObjectOutcome {
  enum Kind {
    kDelivered,  // in this sync or before
    kMalformed,  // to be tried again, or resting
    kArchived,   // to be tried again until it is restored
    kFailed,     // could not be read; the cursor must stay below it
    kGone,       // no longer there
  };
  const s3::ObjectInfo* object = nullptr;
  Kind kind = kDelivered;
  /// Of a malformed one: the name of a base::ErrorKind; empty: it rests, with the reason it had.
  std::string reason;
  /// What was delivered in place of `object`, which changed after the listing; else null.
  const s3::ObjectInfo* renewed = nullptr;
};

struct CursorOptions {
  /// Malformed and archived objects kept per coverage; the rest is tried again by each sync.
  size_t max_undelivered = 1'000;
  /// See Undelivered::conditions.
  std::string conditions;
};

/// What is remembered of one table, as a sync finds it.
class TableCursor {
 public:
  /// Nothing is remembered.
  TableCursor() = default;
  /// `plain`: the cursor that other implementations keep alone; it stands for all older objects
  /// when no record of an unsharded sync is there. Records that were written beside a later plain
  /// cursor are passed over: somebody has set it back.
  TableCursor(std::optional<s3::Timestamp> plain, std::vector<CursorRecord> records);

  /// kRead, kKnown or kSkip. `conditions`: see Undelivered::conditions; `membership`: see Coverage.
  Decision Decide(const s3::ObjectInfo& object, std::string_view conditions = "",
                  std::string_view membership = "") const;

  /// How an object that is due to be tried again, or rests, failed before; null for others.
  const Undelivered* UndeliveredOf(const s3::ObjectInfo& object) const;

  /// The plain cursor was set back behind what the records say.
  bool rewound() const { return rewound_; }

  /// See CursorRecord::lost: of all records.
  size_t lost() const;

  struct Next {
    CursorRecord record;
    /// The plain cursor to go with it; none: leave the one that is there.
    std::optional<s3::Timestamp> plain;
  };
  /// What to remember after a sync that looked at `scope`, started at `now` by the local clock, and
  /// made `outcomes` of everything listed there. Their order does not matter. `stored`: the shard's
  /// record as it is now, with what was added to it since this cursor was loaded.
  Next Advance(const Scope& scope, s3::Timestamp now, const CursorOptions& options,
               const std::vector<ObjectOutcome>& outcomes, CursorRecord stored) const;

  /// The shard's record as it was loaded; an empty one if there is none, or if it is passed over.
  CursorRecord RecordOf(const cloudquery::Shard& shard) const;

 private:
  std::optional<s3::Timestamp> plain_;
  std::vector<CursorRecord> records_;
  bool rewound_ = false;
};

}  // namespace source
