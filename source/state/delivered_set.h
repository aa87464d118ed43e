// The objects of a table that were delivered, by hash, in the parts that are stored as rows of the
// state. A part is only appended to, so an interrupted write leaves what it held before readable.
// Pure; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

namespace source {

/// The generation of an object, from its key and ETag: the first 8 bytes of their SHA-256.
using ObjectHash = uint64_t;

/// Hashes that are stored in one row, in the order in which they came.
struct HashPart {
  /// Its row has not been chosen yet.
  static constexpr int kNoRow = -1;

  int row = kNoRow;
  std::vector<ObjectHash> hashes;

  bool operator==(const HashPart&) const = default;
};

/// The sum of hashes modulo 2^64, which shows whether a row holds what was written to it.
uint64_t SumOf(std::span<const ObjectHash> hashes);

/// Base64 of the hashes, 8 bytes each, big-endian: less than 11 bytes a hash.
std::string FormatHashes(std::span<const ObjectHash> hashes);

/// kCorrupt: not what FormatHashes makes.
[[nodiscard]] arrow::Result<std::vector<ObjectHash>> ParseHashes(std::string_view text);

class DeliveredSet {
 public:
  /// A row of this many hashes takes 0.7 MB.
  static constexpr size_t kMaxPartHashes = 65'536;

  DeliveredSet() = default;
  explicit DeliveredSet(std::vector<HashPart> parts);

  bool Contains(ObjectHash hash) const;
  size_t size() const { return sorted_.size(); }
  /// Ascending, no repeats.
  std::span<const ObjectHash> hashes() const { return sorted_; }

  /// Adds those that it does not have yet; fills the last part before it begins another.
  void Add(std::vector<ObjectHash> hashes);

  /// Takes hashes out; `gone` is ascending. The rest of a part that had one of them is moved to
  /// other rows. Parts that have become small are merged.
  void Remove(std::span<const ObjectHash> gone);

  const std::vector<HashPart>& parts() const { return parts_; }
  std::vector<HashPart>& parts() { return parts_; }

  bool operator==(const DeliveredSet& other) const { return parts_ == other.parts_; }

 private:
  void Append(std::span<const ObjectHash> hashes);

  std::vector<HashPart> parts_;
  std::vector<ObjectHash> sorted_;
};

}  // namespace source
