// Arrays of any Arrow type as arrays of the types that are sent (see type_rules.h). Functions over
// immutable arrays; thread-safe as long as each call has its own ConvertStats.
#pragma once

#include <cstdint>
#include <memory>

#include "arrow/array.h"
#include "arrow/memory_pool.h"
#include "arrow/result.h"
#include "cloudquery/types/type_rules.h"

namespace cloudquery {

/// Counts of values that could not be sent as they are. A value in a dictionary or a run counts
/// once.
struct ConvertStats {
  /// Strings that are not valid UTF-8: sent with U+FFFD in place of the invalid bytes.
  int64_t invalid_utf8_values = 0;
  /// Values of a JSON type that are not valid JSON: sent as a JSON string of their text.
  int64_t invalid_json_values = 0;
  /// Dates, times and decimals outside the range of the type that is sent: sent as null.
  int64_t out_of_range_values = 0;
  /// Values of `_cq_id` and `_cq_parent_id` that are not valid UUIDs: sent as null.
  int64_t invalid_ids = 0;

  bool operator==(const ConvertStats&) const = default;
};

struct ConvertContext {
  arrow::MemoryPool* pool = nullptr;
  ConvertStats* stats = nullptr;
};

using ArrayPtr = std::shared_ptr<arrow::Array>;

/// Converts `array` by `rule`, which was made for the array's type. Returns the same array if
/// nothing has to change, and shares its buffers where it can. kLimit: the result is too large for
/// 32-bit offsets. kCorrupt: the array refers to values that it does not have.
[[nodiscard]] arrow::Result<ArrayPtr> ConvertArray(const TypeRule& rule, const ArrayPtr& array,
                                                   const ConvertContext& context);

/// Converts UUIDs to fixed_size_binary(16). `array` is of utf8() or binary() and holds them as text
/// (36 characters, or 32 hex digits) or, in binary(), as 16 raw bytes.
[[nodiscard]] arrow::Result<ArrayPtr> ParseUuids(const arrow::Array& array,
                                                 const ConvertContext& context);

}  // namespace cloudquery
