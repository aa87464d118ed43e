// Whether a sync sees an id twice in one table, as when several syncs of CloudQuery wrote the same
// resource into a bucket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "arrow/array.h"

namespace source {

/// Remembers so many ids and no more: beyond that a sample, from which an id is missing either each
/// time it comes or never. So rows that come twice as a whole are found in tables of any size, and
/// a single one among millions may be missed. Thread-safe.
class RepeatedIds {
 public:
  /// Takes about 50 bytes for each.
  explicit RepeatedIds(size_t max_ids = 65'536) : max_ids_(max_ids) {}

  /// `ids`: those that the objects of the table have, FixedSizeBinary(16) with nulls for none.
  void Add(const std::string& table, const arrow::Array& ids);

  /// An id of the table that came twice, as text; nothing: none is known.
  std::optional<std::string> Find(const std::string& table) const;

 private:
  const size_t max_ids_;
  mutable std::mutex mutex_;
  // All guarded by mutex_. Of a table and an id; those that are not above `highest_` are
  // remembered.
  std::unordered_set<uint64_t> seen_;
  uint64_t highest_ = UINT64_MAX;
  std::unordered_map<std::string, std::string> found_;
};

}  // namespace source
