// Dates, times and UUIDs as text. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "arrow/type.h"

namespace cloudquery {

/// "2024-02-29", from days since 1970-01-01; empty outside the years 0 to 9999.
std::string DateText(int64_t days);

/// "23:59:59" with the fraction digits of the unit, from units since midnight; empty if that is not
/// within one day.
std::string TimeOfDayText(int64_t value, arrow::TimeUnit::type unit);

/// "2024-02-29T23:59:59.000001Z", from units since the epoch; empty outside the years 0 to 9999.
/// Has the `Z` only if `utc`.
std::string TimestampText(int64_t value, arrow::TimeUnit::type unit, bool utc);

/// "8-4-4-4-12" lower-case hex digits of 16 bytes.
std::string UuidText(std::string_view bytes);

}  // namespace cloudquery
