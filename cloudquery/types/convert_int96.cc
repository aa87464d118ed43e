// Times that Parquet stores as INT96: nanoseconds of a day and a Julian day number.
#include <cstring>
#include <limits>
#include <optional>

#include "arrow/array/builder_primitive.h"
#include "arrow/array/builder_time.h"
#include "arrow/util/checked_cast.h"
#include "arrow/util/endian.h"
#include "base/int96_type.h"
#include "cloudquery/types/convert_internal.h"

namespace cloudquery {
namespace {

constexpr int64_t kMicrosPerDay = int64_t{24} * 60 * 60 * 1'000'000;
constexpr int64_t kJulianDayOf1970 = 2'440'588;
// The microseconds of more days do not fit into 64 bits.
constexpr int64_t kMaxDays = std::numeric_limits<int64_t>::max() / kMicrosPerDay;

int64_t FloorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// Adds nanoseconds that are negative or longer than a day too, as Impala does.
std::optional<int64_t> MicrosOf(const uint8_t* stored) {
  int64_t nanos;
  int32_t julian_day;
  std::memcpy(&nanos, stored, sizeof(nanos));
  std::memcpy(&julian_day, stored + sizeof(nanos), sizeof(julian_day));
  const int64_t days = arrow::bit_util::FromLittleEndian(julian_day) - kJulianDayOf1970;
  if (days < -kMaxDays || days > kMaxDays) return std::nullopt;
  int64_t micros;
  const int64_t of_day = FloorDivide(arrow::bit_util::FromLittleEndian(nanos), 1000);
  if (__builtin_add_overflow(days * kMicrosPerDay, of_day, &micros)) return std::nullopt;
  return micros;
}

}  // namespace

arrow::Result<ArrayPtr> ConvertInt96(const TypeRule& rule, const arrow::Array& array,
                                     const ConvertContext& context) {
  const auto& stored = arrow::internal::checked_cast<const arrow::FixedSizeBinaryArray&>(array);
  arrow::TimestampBuilder builder(rule.type, context.pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(array.length()));
  for (int64_t i = 0; i < array.length(); ++i) {
    if (array.IsNull(i)) {
      builder.UnsafeAppendNull();
    } else if (const auto micros = MicrosOf(stored.GetValue(i))) {
      builder.UnsafeAppend(*micros);
    } else {
      ++context.stats->out_of_range_values;
      builder.UnsafeAppendNull();
    }
  }
  return builder.Finish();
}

}  // namespace cloudquery
