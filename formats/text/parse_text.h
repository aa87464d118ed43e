// Texts as values of the types that inference gives. Each function takes only a text that the value
// still tells: no digit is lost, and no two numbers become one. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "arrow/type.h"

namespace formats {

/// "true" and "false", also in upper case or with a capital.
std::optional<bool> ParseBoolText(std::string_view text);

/// Digits without leading zeros, and a minus. "-0" is none: the zero would lose its sign.
std::optional<int64_t> ParseIntegerText(std::string_view text);

/// Whether it is a number as JSON writes it, of any size.
bool IsJsonNumber(std::string_view text);

/// A number as JSON writes it, if the shortest text that reads back as the same double has the same
/// digits.
std::optional<double> ParseDoubleText(std::string_view text);

/// YYYY-MM-DD: days since 1970-01-01.
std::optional<int32_t> ParseDateText(std::string_view text);

/// How the zone of a time is written.
enum class Zone : uint8_t { kNone, kZ, kZeroMinutes, kZeroHours };  // "", "Z", "+00:00", "+00"

struct TimeText {
  int64_t seconds = 0;
  int32_t nanoseconds = 0;
  int fraction_digits = 0;
  bool trailing_zero = false;
  char separator = 'T';
  Zone zone = Zone::kNone;
};

/// YYYY-MM-DDTHH:MM:SS, with a blank for the T, up to nine digits of fraction and a zone of UTC.
std::optional<TimeText> ParseTimeText(std::string_view text);

/// In units since 1970-01-01; nothing where the unit does not hold it, or where the type has a zone
/// and the text none.
std::optional<int64_t> ParseTimestampText(std::string_view text, const arrow::TimestampType& type);

}  // namespace formats
