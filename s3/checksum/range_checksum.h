// Computes the CRC of an object from the CRCs of the ranges that were read.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "s3/checksum/checksum.h"
#include "s3/object_store.h"

namespace s3 {

/// Thread-safe: ranges may come from any thread and in any order, and their CRCs are computed
/// outside the lock. Remembers some thousand ranges and joins neighbours if there are more.
class RangeChecksum {
 public:
  /// \param algorithm a CRC; the others cannot be combined, so Result() is always nothing
  /// \param object_bytes the size of the whole object
  RangeChecksum(ChecksumAlgorithm algorithm, int64_t object_bytes)
      : algorithm_(algorithm), object_bytes_(object_bytes) {}

  /// A range that was read more than once counts once.
  void Add(int64_t offset, std::span<const uint8_t> bytes);

  /// In the form of Checksum::value, if the ranges cover the object without gaps and overlaps.
  /// Otherwise nothing: the content cannot be verified.
  std::optional<std::string> Result() const;

  /// The ranges of the object that no Add covered, ascending.
  std::vector<ByteRange> Gaps() const;

  /// True if one range was read twice with different content, so one of the two was damaged.
  bool contradicted() const;

 private:
  struct Piece {
    int64_t length = 0;
    uint64_t crc = 0;
  };

  /// mutex_ is held.
  void Insert(int64_t offset, const Piece& piece);
  void JoinNeighbours();

  const ChecksumAlgorithm algorithm_;
  const int64_t object_bytes_;
  mutable std::mutex mutex_;
  std::map<int64_t, Piece> pieces_;  // guarded by mutex_; by offset, never overlapping
  bool unusable_ = false;            // guarded by mutex_: overlaps, or too many gaps to remember
  bool contradicted_ = false;        // guarded by mutex_
};

}  // namespace s3
