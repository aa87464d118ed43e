// Texts as values of a type, where the text says exactly such a value. Blanks around numbers and
// times do not matter. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "arrow/type.h"
#include "arrow/util/decimal.h"

namespace source {

/// "true" and "false" in any case, "1" and "0".
std::optional<bool> ParseBool(std::string_view text);

/// A number without a fraction, in any way to write it: "17", "+17", "17.00", "1.7e1". `Integer` is
/// one of Arrow's integer types.
template <typename Integer>
std::optional<Integer> ParseInteger(std::string_view text);

/// A number with at most so many digits before and behind the point.
std::optional<arrow::Decimal256> ParseDecimal(std::string_view text, int32_t precision,
                                              int32_t scale);

/// A number, of which a fraction is rounded to the nearest value. An integer must be exact, or else
/// its last digits would be lost. Also "NaN", "Inf" and "-Inf". `Float` is float or double.
template <typename Float>
std::optional<Float> ParseFloat(std::string_view text);

/// A date (ISO 8601), or a time of midnight UTC, in days since 1970-01-01.
std::optional<int32_t> ParseDate(std::string_view text);

/// A time of day such as "23:59:59.999999", in microseconds since midnight.
std::optional<int64_t> ParseTimeOfDay(std::string_view text);

/// A date and time (ISO 8601, `T` or a blank between them), or a date, which is its midnight.
/// Without a zone offset it is in UTC. In units since 1970-01-01; nothing where the unit has no
/// room for it.
std::optional<int64_t> ParseTimestamp(std::string_view text, arrow::TimeUnit::type unit);

}  // namespace source
