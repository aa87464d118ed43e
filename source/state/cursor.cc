#include "source/state/cursor.h"

#include <algorithm>
#include <functional>
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

bool Vouches(const Coverage& coverage, const s3::ObjectInfo& object, std::string_view membership) {
  if (coverage.membership != membership || !object.key.starts_with(coverage.prefix) ||
      FindUndelivered(coverage, object) != nullptr) {
    return false;
  }
  return object.last_modified < coverage.low_watermark ||
         std::binary_search(coverage.known.begin(), coverage.known.end(), HashOf(object));
}

// What the plain cursor alone says: everything up to it was delivered.
Coverage PlainCoverage(s3::Timestamp plain) {
  return {.cursor = plain, .low_watermark = plain + std::chrono::nanoseconds(1)};
}

s3::Timestamp Minus(s3::Timestamp time, std::chrono::nanoseconds span) {
  return time < s3::Timestamp::min() + span ? s3::Timestamp::min() : time - span;
}

// The youngest are kept: they stay inside the window for longest.
size_t KeepYoungest(std::vector<const s3::ObjectInfo*>* delivered, size_t most) {
  if (delivered->size() <= most) return 0;
  const auto younger = [](const s3::ObjectInfo* a, const s3::ObjectInfo* b) {
    return std::tie(b->last_modified, a->key) < std::tie(a->last_modified, b->key);
  };
  std::nth_element(delivered->begin(), delivered->begin() + static_cast<ptrdiff_t>(most),
                   delivered->end(), younger);
  const size_t forgotten = delivered->size() - most;
  delivered->resize(most);
  return forgotten;
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
    if (coverage.low_watermark > coverage.cursor + std::chrono::nanoseconds(1))
      return wrong("its low watermark is above its cursor");
    if (std::adjacent_find(coverage.known.begin(), coverage.known.end(), std::greater_equal<>()) !=
        coverage.known.end()) {
      return wrong("its known objects are not in order");
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

Decision TableCursor::Decide(const s3::ObjectInfo& object, std::string_view conditions,
                             std::string_view membership) const {
  for (const CursorRecord& record : records_) {
    if (!IsOfShard(object.key, record.shard)) continue;
    for (const Coverage& coverage : record.coverages) {
      if (Vouches(coverage, object, membership)) return Decision::kKnown;
    }
  }
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

  Coverage Finish(const Scope& scope, s3::Timestamp now, size_t* forgotten) {
    Coverage coverage{.prefix = scope.prefix, .membership = scope.membership};
    AddUndelivered(&coverage);
    // A server whose clock runs ahead must not make the next objects old. Whole seconds, as S3's.
    const s3::Timestamp started = std::chrono::floor<std::chrono::seconds>(now);
    coverage.cursor = std::min({newest_, started, oldest_failed_});
    coverage.low_watermark = Minus(coverage.cursor, options_.lookback);
    std::erase_if(delivered_, [&](const s3::ObjectInfo* object) {
      return object->last_modified < coverage.low_watermark;
    });
    *forgotten = KeepYoungest(&delivered_, options_.max_known);
    for (const s3::ObjectInfo* object : delivered_) coverage.known.push_back(HashOf(*object));
    std::sort(coverage.known.begin(), coverage.known.end());
    coverage.known.erase(std::unique(coverage.known.begin(), coverage.known.end()),
                         coverage.known.end());
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

void Replace(std::vector<Coverage>* coverages, Coverage coverage) {
  // All that begins with the new prefix has just been looked at anew.
  std::erase_if(*coverages, [&](const Coverage& old) {
    return old.membership == coverage.membership && old.prefix.starts_with(coverage.prefix);
  });
  coverages->push_back(std::move(coverage));
  while (coverages->size() > kMaxCoverages) {
    coverages->erase(WithOldestCursor(*coverages));
  }
  std::sort(coverages->begin(), coverages->end(), [](const Coverage& a, const Coverage& b) {
    return std::tie(a.prefix, a.membership) < std::tie(b.prefix, b.membership);
  });
}

}  // namespace

TableCursor::Next TableCursor::Advance(const Scope& scope, s3::Timestamp now,
                                       const CursorOptions& options,
                                       const std::vector<ObjectOutcome>& outcomes) const {
  Next next;
  next.record = {.shard = scope.shard, .plain = plain_};
  for (const CursorRecord& record : records_) {
    if (SameShard(record.shard, scope.shard)) next.record.coverages = record.coverages;
  }
  CoverageBuilder builder(*this, options);
  for (const ObjectOutcome& outcome : outcomes) builder.Add(outcome);
  Coverage coverage = builder.Finish(scope, now, &next.forgotten);
  Replace(&next.record.coverages, std::move(coverage));
  if (IsWhole(scope.shard)) {
    next.plain = next.record.plain = WithOldestCursor(next.record.coverages)->cursor;
  }
  return next;
}

}  // namespace source
