#include "formats/byte_ranges.h"

#include <algorithm>

namespace formats {
namespace {

using arrow::io::ReadRange;

int64_t EndOf(const ReadRange& range) { return range.offset + range.length; }

std::vector<ReadRange> Merge(std::vector<ReadRange> pieces, int64_t hole_bytes) {
  std::erase_if(pieces, [](const ReadRange& piece) { return piece.length <= 0; });
  std::ranges::sort(pieces, {}, &ReadRange::offset);
  std::vector<ReadRange> merged;
  for (const ReadRange& piece : pieces) {
    if (merged.empty() || piece.offset - EndOf(merged.back()) > hole_bytes) {
      merged.push_back(piece);
    } else {
      ReadRange& last = merged.back();
      last.length = std::max(EndOf(last), EndOf(piece)) - last.offset;
    }
  }
  return merged;
}

int64_t CeilDivide(int64_t a, int64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

void CutInto(const ReadRange& range, const RangeOptions& options, std::vector<ReadRange>* out) {
  const int64_t nearest = (range.length + options.target_bytes / 2) / options.target_bytes;
  const int64_t parts = std::max(nearest, CeilDivide(range.length, options.max_bytes));
  const int64_t step = CeilDivide(range.length, std::max<int64_t>(parts, 1));
  for (int64_t offset = range.offset; offset < EndOf(range); offset += step) {
    out->push_back({offset, std::min(step, EndOf(range) - offset)});
  }
}

}  // namespace

std::vector<ReadRange> CoverPieces(std::vector<ReadRange> pieces, const RangeOptions& options) {
  std::vector<ReadRange> ranges;
  for (const ReadRange& range : Merge(std::move(pieces), options.hole_bytes)) {
    CutInto(range, options, &ranges);
  }
  return ranges;
}

}  // namespace formats
