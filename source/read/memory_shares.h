// How the bytes of `memory_limit` are divided among the stages of a sync. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "arrow/result.h"
#include "base/memory_budget.h"

namespace source {

/// Bytes for each stage; together fetch, layout and batches make up the limit.
struct MemoryShares {
  /// Fetched ranges, windows and decompressed pages: what admission waits for.
  int64_t fetch_bytes = 0;
  /// Layouts kept from planning until their objects are read.
  int64_t layout_bytes = 0;
  /// Objects up to this size are read whole while they are planned, and kept while half of
  /// fetch_bytes has room for them: a request costs more than their bytes.
  int64_t small_object_bytes = 0;
  /// Decoded size of a batch. Each thread that decodes holds one as the format gives it, one as the
  /// table wants it, and the records made of it.
  int64_t batch_bytes = 0;

  bool operator==(const MemoryShares&) const = default;
};

/// The budgets of one sync.
struct SyncMemory {
  explicit SyncMemory(const MemoryShares& its_shares)
      : shares(its_shares), fetch(shares.fetch_bytes), layouts(shares.layout_bytes) {}

  const MemoryShares shares;
  base::MemoryBudget fetch;
  base::MemoryBudget layouts;
};

/// `limit_bytes` at least 10 MiB, `decoders` (threads that decode) at least 1. The more decoders,
/// the smaller their batches, so that fetching always has the larger part.
MemoryShares DivideMemory(int64_t limit_bytes, size_t decoders);

/// What ParseByteSize takes, as an ECMA-262 regular expression: at least 10 MiB, below 1,000 GiB.
inline constexpr std::string_view kByteSizePattern = "^([1-9][0-9]{1,5}MiB|[1-9][0-9]{0,2}GiB)$";

/// "256MiB", "2GiB". kConfig for anything else than kByteSizePattern.
[[nodiscard]] arrow::Result<int64_t> ParseByteSize(std::string_view text);

}  // namespace source
