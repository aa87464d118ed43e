// Times and durations as text. Pure functions; thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "arrow/result.h"

namespace base {

/// Nanoseconds since the Unix epoch, in UTC: from 1677 to 2262.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// RFC 3339 with 0 to 9 digits of fraction, in UTC ("2024-05-06T07:08:09.123Z") or with an offset
/// ("2024-05-06T09:08:09+02:00"). Nothing for any other text and for times before 1678 or after
/// 2261.
std::optional<Timestamp> ParseRfc3339(std::string_view text);

/// RFC 3339 in UTC with nine digits of fraction: "2024-05-06T07:08:09.123000000Z".
std::string FormatRfc3339(Timestamp time);

/// A duration as Go writes it: "24h", "1h30m", "1.5s", "0". kConfig for any other text. A duration
/// of more than a century counts as a century.
[[nodiscard]] arrow::Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);

/// ECMA-262 regular expression of what ParseDuration accepts.
inline constexpr std::string_view kDurationPattern =
    "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$";

}  // namespace base
