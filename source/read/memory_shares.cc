#include "source/read/memory_shares.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/error.h"

namespace source {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

// A larger batch decodes no faster.
constexpr int64_t kMaxBatchBytes = 8 * kMiB;
// Below this, the work around a batch costs more than the batch.
constexpr int64_t kMinBatchBytes = kMiB / 4;
// See MemoryShares::batch_bytes.
constexpr int64_t kBatchesPerDecoder = 3;
// Parts of the limit.
constexpr int64_t kDecodingPart = 4;
constexpr int64_t kLayoutsPart = 8;
// A small object, in parts of what may be fetched, so that dozens of them are fetched at a time.
constexpr int64_t kSmallObjectPart = 64;
constexpr int64_t kMaxSmallObjectBytes = 8 * kMiB;

}  // namespace

MemoryShares DivideMemory(int64_t limit_bytes, size_t decoders) {
  const int64_t batches = kBatchesPerDecoder * static_cast<int64_t>(decoders);
  MemoryShares shares;
  shares.batch_bytes =
      std::clamp(limit_bytes / kDecodingPart / batches, kMinBatchBytes, kMaxBatchBytes);
  shares.layout_bytes = limit_bytes / kLayoutsPart;
  shares.fetch_bytes =
      std::max(limit_bytes - batches * shares.batch_bytes - shares.layout_bytes, limit_bytes / 2);
  shares.small_object_bytes = std::min(shares.fetch_bytes / kSmallObjectPart, kMaxSmallObjectBytes);
  return shares;
}

arrow::Result<int64_t> ParseByteSize(std::string_view text) {
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  const bool mib = unit == "MiB" && count >= 10 && count < 1'000'000;
  const bool gib = unit == "GiB" && count >= 1 && count < 1000;
  if (text.empty() || error != std::errc() || text.front() == '0' || !(mib || gib)) {
    return base::MakeError(
        base::ErrorKind::kConfig,
        "\"" + std::string(text) + "\" is no size. It must be at least \"10MiB\", in MiB or GiB.");
  }
  return count * (mib ? kMiB : kMiB * 1024);
}

}  // namespace source
