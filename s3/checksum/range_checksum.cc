#include "s3/checksum/range_checksum.h"

#include <iterator>

#include "s3/checksum/crc.h"

namespace s3 {
namespace {

/// About 300 KiB. With ranges of 8 MiB, repeated ranges are told from overlaps up to 32 GiB.
constexpr size_t kMaxPieces = 4096;

}  // namespace

void RangeChecksum::Add(int64_t offset, std::span<const uint8_t> bytes) {
  if (!IsCrc(algorithm_) || bytes.empty()) return;
  const Piece piece{.length = static_cast<int64_t>(bytes.size()), .crc = CrcOf(algorithm_, bytes)};
  const std::lock_guard lock(mutex_);
  if (!unusable_) Insert(offset, piece);
}

void RangeChecksum::Insert(int64_t offset, const Piece& piece) {
  const auto next = pieces_.lower_bound(offset);
  if (next != pieces_.end() && next->first == offset && next->second.length == piece.length) {
    contradicted_ = contradicted_ || next->second.crc != piece.crc;
    return;
  }
  const bool meets_next = next != pieces_.end() && next->first < offset + piece.length;
  const auto before = next == pieces_.begin() ? pieces_.end() : std::prev(next);
  const bool meets_before =
      before != pieces_.end() && before->first + before->second.length > offset;
  if (offset < 0 || meets_next || meets_before) {
    unusable_ = true;
    pieces_.clear();
    return;
  }
  pieces_.emplace_hint(next, offset, piece);
  if (pieces_.size() <= kMaxPieces) return;
  JoinNeighbours();
  // Otherwise every further range would try to join neighbours without effect.
  if (pieces_.size() > kMaxPieces / 2) {
    unusable_ = true;
    pieces_.clear();
  }
}

void RangeChecksum::JoinNeighbours() {
  for (auto piece = pieces_.begin(); piece != pieces_.end();) {
    const auto next = std::next(piece);
    if (next == pieces_.end()) return;
    if (piece->first + piece->second.length != next->first) {
      piece = next;
      continue;
    }
    piece->second.crc =
        CombinedCrc(algorithm_, piece->second.crc, next->second.crc, next->second.length);
    piece->second.length += next->second.length;
    pieces_.erase(next);
  }
}

std::optional<std::string> RangeChecksum::Result() const {
  const std::lock_guard lock(mutex_);
  if (unusable_ || !IsCrc(algorithm_)) return std::nullopt;
  Piece whole{.crc = CrcOf(algorithm_, {})};
  for (const auto& [offset, piece] : pieces_) {
    if (offset != whole.length) return std::nullopt;
    whole.crc = CombinedCrc(algorithm_, whole.crc, piece.crc, piece.length);
    whole.length += piece.length;
  }
  if (whole.length != object_bytes_) return std::nullopt;
  return CrcText(algorithm_, whole.crc);
}

std::vector<ByteRange> RangeChecksum::Gaps() const {
  const std::lock_guard lock(mutex_);
  std::vector<ByteRange> gaps;
  if (unusable_) return gaps;
  int64_t end = 0;
  for (const auto& [offset, piece] : pieces_) {
    if (offset > end) gaps.push_back({end, offset - end});
    end = offset + piece.length;
  }
  if (end < object_bytes_) gaps.push_back({end, object_bytes_ - end});
  return gaps;
}

bool RangeChecksum::contradicted() const {
  const std::lock_guard lock(mutex_);
  return contradicted_;
}

}  // namespace s3
