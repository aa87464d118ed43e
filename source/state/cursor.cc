#include "source/state/cursor.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "source/state/sharding.h"

namespace source {
namespace {

// Prefixes remembered per record; the one with the oldest cursor goes first.
constexpr size_t kMaxCoverages = 16;

bool IsWhole(const cloudquery::Shard& shard) { return shard.total == 1; }

bool SameShard(const cloudquery::Shard& a, const cloudquery::Shard& b) {
  return a.num == b.num && a.total == b.total;
}

const Undelivered* FindUndelivered(const Coverage& coverage, const s3::ObjectInfo& object) {
  const auto found = std::lower_bound(
      coverage.undelivered.begin(), coverage.undelivered.end(), object.key,
      [](const Undelivered& retry, const std::string& key) { return retry.key < key; });
  if (found == coverage.undelivered.end() || found->key != object.key) return nullptr;
  return found->object == HashOf(object) ? &*found : nullptr;
}

bool Covers(const Coverage& coverage, const s3::ObjectInfo& object, std::string_view membership) {
  return coverage.membership == membership && object.key.starts_with(coverage.prefix);
}

bool VouchesByDate(const Coverage& coverage, const s3::ObjectInfo& object) {
  return coverage.delivered_before && object.last_modified < *coverage.delivered_before &&
         FindUndelivered(coverage, object) == nullptr;
}

// What the plain cursor alone says: everything up to it was delivered.
Coverage PlainCoverage(s3::Timestamp plain) {
  return {.cursor = plain, .delivered_before = plain + std::chrono::nanoseconds(1)};
}

s3::Timestamp Minus(s3::Timestamp time, std::chrono::nanoseconds span) {
  return time < s3::Timestamp::min() + span ? s3::Timestamp::min() : time - span;
}

}  // namespace

ObjectHash HashOf(const s3::ObjectInfo& object) {
  const auto digest = base::Sha256(object.key + '\0' + object.etag);
  return base::FirstWord(std::span(digest).first<8>());
}

arrow::Status CursorRecord::Validate() const {
  const auto wrong = [](const std::string& what) {
    return base::MakeError(base::ErrorKind::kCorrupt, what);
  };
  if (shard.total < 1 || shard.num < 1 || shard.num > shard.total) {
    return wrong("it names a shard that cannot be");
  }
  for (const Coverage& coverage : coverages) {
    // One taken over from a plain cursor ends just above it.
    if (coverage.delivered_before &&
        *coverage.delivered_before > coverage.cursor + std::chrono::nanoseconds(1)) {
      return wrong("it says that objects after its cursor were delivered");
    }
    const auto unordered = [](const Undelivered& a, const Undelivered& b) {
      return a.key >= b.key;
    };
    if (std::adjacent_find(coverage.undelivered.begin(), coverage.undelivered.end(), unordered) !=
        coverage.undelivered.end()) {
      return wrong("its objects to try again are not in order");
    }
    for (const Undelivered& retry : coverage.undelivered) {
      if (retry.attempts < 1) return wrong("an object to try again was never tried");
    }
  }
  return arrow::Status::OK();
}

TableCursor::TableCursor(std::optional<s3::Timestamp> plain, std::vector<CursorRecord> records)
    : plain_(plain), records_(std::move(records)) {
  const auto is_behind = [&](const CursorRecord& record) {
    return record.plain && plain_ && *plain_ < *record.plain;
  };
  const auto find_whole = [&] {
    return std::find_if(records_.begin(), records_.end(),
                        [](const CursorRecord& record) { return IsWhole(record.shard); });
  };
  // An unsharded sync of a narrower prefix may have lowered the plain cursor itself; then its
  // record stands beside the very same value, and those of the shards still hold.
  if (find_whole() == records_.end() || is_behind(*find_whole())) {
    rewound_ = std::erase_if(records_, is_behind) > 0;
  }
  const bool whole = find_whole() != records_.end();
  if (plain_ && !whole) records_.push_back({.coverages = {PlainCoverage(*plain_)}});
}

bool Undelivered::is_archived() const {
  return reason == base::ErrorKindName(base::ErrorKind::kArchived);
}

size_t TableCursor::lost() const {
  size_t lost = 0;
  for (const CursorRecord& record : records_) lost += record.lost;
  return lost;
}

Decision TableCursor::Decide(const s3::ObjectInfo& object, std::string_view conditions,
                             std::string_view membership) const {
  if (records_.empty()) return Decision::kRead;
  const ObjectHash hash = HashOf(object);
  bool exact = false, by_date = false;
  for (const CursorRecord& record : records_) {
    if (!IsOfShard(object.key, record.shard)) continue;
    for (const Coverage& coverage : record.coverages) {
      if (!Covers(coverage, object, membership)) continue;
      if (coverage.known.Contains(hash)) return Decision::kKnown;
      exact = exact || !coverage.delivered_before;
      by_date = by_date || VouchesByDate(coverage, object);
    }
  }
  if (by_date && !exact) return Decision::kKnown;
  const Undelivered* retry = UndeliveredOf(object);
  const bool rests = retry != nullptr && !retry->is_archived() &&
                     retry->attempts > Undelivered::kMaxRetries && retry->conditions == conditions;
  return rests ? Decision::kSkip : Decision::kRead;
}

const Undelivered* TableCursor::UndeliveredOf(const s3::ObjectInfo& object) const {
  const Undelivered* found = nullptr;
  for (const CursorRecord& record : records_) {
    for (const Coverage& coverage : record.coverages) {
      const Undelivered* retry = FindUndelivered(coverage, object);
      if (retry != nullptr && (found == nullptr || retry->attempts > found->attempts)) {
        found = retry;
      }
    }
  }
  return found;
}

namespace {

// One coverage from the outcomes of one scope.
class CoverageBuilder {
 public:
  CoverageBuilder(const TableCursor& before, const CursorOptions& options)
      : before_(before), options_(options) {}

  void Add(const ObjectOutcome& outcome) {
    const s3::ObjectInfo& object = *outcome.object;
    if (outcome.kind == ObjectOutcome::kGone) return;
    // The listing is complete up to what it shows, not up to what changed after it.
    newest_ = std::max(newest_, object.last_modified);
    if (outcome.kind == ObjectOutcome::kDelivered) {
      delivered_.push_back(outcome.renewed != nullptr ? outcome.renewed : &object);
    }
    if (outcome.kind == ObjectOutcome::kFailed) HoldBelow(object);
    // A failure between two tries leaves their number as it is.
    const bool tried_before =
        outcome.kind == ObjectOutcome::kFailed && before_.UndeliveredOf(object) != nullptr;
    if (outcome.kind == ObjectOutcome::kMalformed || outcome.kind == ObjectOutcome::kArchived ||
        tried_before) {
      undelivered_.push_back(&outcome);
    }
  }

  // `known`: what is stored of the scope. What `before` had and is gone now is taken out; what
  // another sync has added since then stays.
  Coverage Finish(const Scope& scope, s3::Timestamp now, DeliveredSet known,
                  const DeliveredSet& before) {
    Coverage coverage{.prefix = scope.prefix, .membership = scope.membership};
    AddUndelivered(&coverage);
    // A server whose clock runs ahead must not make the next objects old. Whole seconds, as S3's.
    const s3::Timestamp started = std::chrono::floor<std::chrono::seconds>(now);
    coverage.cursor = std::min({newest_, started, oldest_failed_});
    std::vector<ObjectHash> delivered;
    delivered.reserve(delivered_.size());
    for (const s3::ObjectInfo* object : delivered_) delivered.push_back(HashOf(*object));
    std::sort(delivered.begin(), delivered.end());
    std::vector<ObjectHash> gone;
    std::set_difference(before.hashes().begin(), before.hashes().end(), delivered.begin(),
                        delivered.end(), std::back_inserter(gone));
    known.Remove(gone);
    known.Add(std::move(delivered));
    coverage.known = std::move(known);
    return coverage;
  }

 private:
  void HoldBelow(const s3::ObjectInfo& object) {
    oldest_failed_ =
        std::min(oldest_failed_, Minus(object.last_modified, std::chrono::nanoseconds(1)));
  }

  void AddUndelivered(Coverage* coverage) {
    const auto by_key = [](const ObjectOutcome* a, const ObjectOutcome* b) {
      return a->object->key < b->object->key;
    };
    std::sort(undelivered_.begin(), undelivered_.end(), by_key);
    for (const ObjectOutcome* outcome : undelivered_) {
      if (coverage->undelivered.size() == options_.max_undelivered) {
        HoldBelow(*outcome->object);
      } else {
        coverage->undelivered.push_back(UndeliveredAfter(*outcome));
      }
    }
  }

  Undelivered UndeliveredAfter(const ObjectOutcome& outcome) const {
    const Undelivered* old = before_.UndeliveredOf(*outcome.object);
    if (outcome.reason.empty() && outcome.kind != ObjectOutcome::kArchived && old != nullptr) {
      return *old;
    }
    Undelivered retry{.key = outcome.object->key,
                      .object = HashOf(*outcome.object),
                      .reason = outcome.reason,
                      .conditions = options_.conditions};
    if (outcome.kind == ObjectOutcome::kArchived) {
      retry.reason = base::ErrorKindName(base::ErrorKind::kArchived);
    } else if (old != nullptr && old->conditions == options_.conditions && !old->is_archived()) {
      retry.attempts = old->attempts + 1;
    }
    return retry;
  }

  const TableCursor& before_;
  const CursorOptions& options_;
  s3::Timestamp newest_{};  // the epoch: nothing there is older
  s3::Timestamp oldest_failed_ = s3::Timestamp::max();
  std::vector<const s3::ObjectInfo*> delivered_;
  std::vector<const ObjectOutcome*> undelivered_;
};

// There is at least one.
std::vector<Coverage>::const_iterator WithOldestCursor(const std::vector<Coverage>& coverages) {
  return std::min_element(coverages.begin(), coverages.end(),
                          [](const Coverage& a, const Coverage& b) { return a.cursor < b.cursor; });
}

void Insert(std::vector<Coverage>* coverages, Coverage coverage) {
  while (coverages->size() >= kMaxCoverages) {
    coverages->erase(WithOldestCursor(*coverages));
  }
  coverages->push_back(std::move(coverage));
  std::sort(coverages->begin(), coverages->end(), [](const Coverage& a, const Coverage& b) {
    return std::tie(a.prefix, a.membership) < std::tie(b.prefix, b.membership);
  });
}

// The exact one; null: there is none.
template <typename Coverages>
auto* FindCoverage(Coverages& coverages, const std::string& prefix, const std::string& membership) {
  const auto found = std::find_if(coverages.begin(), coverages.end(), [&](const Coverage& c) {
    return c.prefix == prefix && c.membership == membership && !c.delivered_before;
  });
  return found == coverages.end() ? nullptr : &*found;
}

// Nothing was added to it since `found` was loaded.
bool IsAsFound(const Coverage& coverage, const std::vector<Coverage>& found) {
  if (coverage.delivered_before) return true;
  const Coverage* before = FindCoverage(found, coverage.prefix, coverage.membership);
  return before != nullptr && std::ranges::equal(before->known.hashes(), coverage.known.hashes());
}

}  // namespace

bool CursorRecord::Has(const Scope& scope) const {
  return FindCoverage(coverages, scope.prefix, scope.membership) != nullptr;
}

void CursorRecord::Extend(const Scope& scope, std::vector<ObjectHash> known,
                          std::vector<ObjectHash> delivered) {
  if (!Has(scope)) {
    // The cursor stays at the epoch until the sync ends, so that others do not rely on it.
    Insert(&coverages, {.prefix = scope.prefix, .membership = scope.membership});
  }
  DeliveredSet& set = FindCoverage(coverages, scope.prefix, scope.membership)->known;
  set.Add(std::move(known));
  set.Add(std::move(delivered));
}

CursorRecord TableCursor::RecordOf(const cloudquery::Shard& shard) const {
  CursorRecord found{.shard = shard};
  for (const CursorRecord& record : records_) {
    if (SameShard(record.shard, shard)) found = record;
  }
  found.plain = plain_;
  return found;
}

TableCursor::Next TableCursor::Advance(const Scope& scope, s3::Timestamp now,
                                       const CursorOptions& options,
                                       const std::vector<ObjectOutcome>& outcomes,
                                       CursorRecord stored) const {
  CoverageBuilder builder(*this, options);
  for (const ObjectOutcome& outcome : outcomes) builder.Add(outcome);
  const CursorRecord found = RecordOf(scope.shard);
  const auto of_scope = [&](const CursorRecord& record) {
    return FindCoverage(record.coverages, scope.prefix, scope.membership);
  };
  const Coverage* before = of_scope(found);
  const Coverage* now_stored = of_scope(stored);
  Coverage coverage =
      builder.Finish(scope, now, now_stored == nullptr ? DeliveredSet() : now_stored->known,
                     before == nullptr ? DeliveredSet() : before->known);
  Next next;
  next.record = std::move(stored);
  // All that begins with the new prefix has just been looked at anew.
  std::erase_if(next.record.coverages, [&](const Coverage& old) {
    if (old.membership != coverage.membership || !old.prefix.starts_with(coverage.prefix)) {
      return false;
    }
    return old.prefix == coverage.prefix || IsAsFound(old, found.coverages);
  });
  Insert(&next.record.coverages, std::move(coverage));
  next.record.plain = plain_;
  if (IsWhole(scope.shard)) {
    next.plain = next.record.plain = WithOldestCursor(next.record.coverages)->cursor;
  }
  return next;
}

}  // namespace source
