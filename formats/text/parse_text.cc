#include "formats/text/parse_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>

#include "base/text.h"

namespace formats {
namespace {

// Any decimal of so many digits is the shortest text of the double that it reads as.
constexpr int kSafeDigits = 15;
// No double needs more.
constexpr int kMaxDigits = 17;
// Powers of ten that are exact as doubles.
constexpr std::array<double, 23> kExactPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A number taken apart.
struct Decimal {
  bool negative = false;
  bool has_exponent = false;
  /// The first of its digits that matter, as far as they fit.
  uint64_t mantissa = 0;
  int digits = 0;
  /// The value is mantissa * 10^exponent, where there are no more than 19 digits.
  int64_t exponent = 0;
};

// Zeros at the end do not count as digits.
struct Digits {
  Decimal* number;
  int64_t zeros = 0;

  void Add(char c) {
    if (c == '0') {
      if (number->digits > 0) ++zeros;
      return;
    }
    for (; zeros > 0; --zeros) Push(0);
    Push(static_cast<uint64_t>(c - '0'));
  }

 private:
  void Push(uint64_t digit) {
    if (number->digits < 19) number->mantissa = number->mantissa * 10 + digit;
    ++number->digits;
  }
};

// One that is too large becomes so large that no number has it.
std::optional<int64_t> ParseExponent(std::string_view text) {
  constexpr int64_t kHuge = int64_t{1} << 40;
  if (text.size() > 1 && text[0] == '+' && IsDigit(text[1])) text.remove_prefix(1);
  int64_t exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  if (error != std::errc()) return text[0] == '-' ? -kHuge : kHuge;
  return std::clamp(exponent, -kHuge, kHuge);
}

// -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
std::optional<Decimal> TakeApart(std::string_view text) {
  Decimal number;
  size_t at = 0;
  if (at < text.size() && text[at] == '-') {
    number.negative = true;
    ++at;
  }
  const size_t first = at;
  Digits digits{&number};
  while (at < text.size() && IsDigit(text[at])) digits.Add(text[at++]);
  if (at == first || (text[first] == '0' && at > first + 1)) return std::nullopt;
  int64_t behind_point = 0;
  if (at < text.size() && text[at] == '.') {
    const size_t point = at++;
    while (at < text.size() && IsDigit(text[at])) digits.Add(text[at++]);
    behind_point = static_cast<int64_t>(at - point) - 1;
    if (behind_point == 0) return std::nullopt;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const auto exponent = ParseExponent(text.substr(at + 1));
    if (!exponent) return std::nullopt;
    number.has_exponent = true;
    number.exponent = *exponent;
    at = text.size();
  }
  if (at != text.size()) return std::nullopt;
  number.exponent += digits.zeros - behind_point;
  return number;
}

// Whether the shortest text of the value has these digits.
bool ComesBack(const Decimal& number, double value) {
  if (number.digits > kMaxDigits) return false;
  std::array<char, 40> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                          std::abs(value), std::chars_format::scientific);
  const auto shortest = TakeApart({buffer.data(), static_cast<size_t>(end - buffer.data())});
  return shortest && shortest->mantissa == number.mantissa &&
         (number.mantissa == 0 || shortest->exponent == number.exponent);
}

std::optional<int> ParseNumber(std::string_view digits) {
  int value = 0;
  for (const char c : digits) {
    if (!IsDigit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

constexpr size_t kDateBytes = 10;
constexpr size_t kTimeBytes = 19;

std::optional<int32_t> ParseClock(std::string_view text) {
  if (text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = ParseNumber(text.substr(0, 2)), minute = ParseNumber(text.substr(3, 2)),
             second = ParseNumber(text.substr(6, 2));
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  return (*hour * 60 + *minute) * 60 + *second;
}

std::optional<Zone> ParseZone(std::string_view text) {
  if (text.empty()) return Zone::kNone;
  if (text == "Z") return Zone::kZ;
  if (text == "+00:00") return Zone::kZeroMinutes;
  if (text == "+00") return Zone::kZeroHours;
  return std::nullopt;
}

}  // namespace

std::optional<bool> ParseBoolText(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::optional<int64_t> ParseIntegerText(std::string_view text) {
  constexpr size_t kNeverTooLarge = 18;
  const bool negative = !text.empty() && text[0] == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || (digits[0] == '0' && (digits.size() > 1 || negative))) return std::nullopt;
  int64_t value = 0;
  if (digits.size() <= kNeverTooLarge) {
    for (const char c : digits) {
      if (!IsDigit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    return negative ? -value : value;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool IsJsonNumber(std::string_view text) { return TakeApart(text).has_value(); }

std::optional<double> ParseDoubleText(std::string_view text) {
  const auto number = TakeApart(text);
  if (!number) return std::nullopt;
  const int64_t exponent = number->exponent;
  constexpr auto kExact = static_cast<int64_t>(kExactPowers.size());
  // One rounding only, so it is the nearest double.
  if (number->digits <= kSafeDigits && exponent > -kExact && exponent <= 0) {
    const double value =
        static_cast<double>(number->mantissa) / kExactPowers[static_cast<size_t>(-exponent)];
    return number->negative ? -value : value;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  if (number->mantissa != 0 && !ComesBack(*number, value)) return std::nullopt;
  return value;
}

std::optional<int32_t> ParseDateText(std::string_view text) {
  if (text.size() != kDateBytes || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = ParseNumber(text.substr(0, 4)), month = ParseNumber(text.substr(5, 2)),
             day = ParseNumber(text.substr(8, 2));
  if (!year || !month || !day || *year == 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return static_cast<int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

std::optional<TimeText> ParseTimeText(std::string_view text) {
  constexpr int64_t kSecondsPerDay = 24 * 60 * 60;
  constexpr int kNanoDigits = 9;
  if (text.size() < kTimeBytes) return std::nullopt;
  TimeText time{.separator = text[kDateBytes]};
  if (time.separator != 'T' && time.separator != ' ') return std::nullopt;
  const auto days = ParseDateText(text.substr(0, kDateBytes));
  const auto clock = ParseClock(text.substr(kDateBytes + 1, kTimeBytes - kDateBytes - 1));
  if (!days || !clock) return std::nullopt;
  time.seconds = *days * kSecondsPerDay + *clock;
  size_t at = kTimeBytes;
  if (at < text.size() && text[at] == '.') {
    ++at;
    for (; at < text.size() && IsDigit(text[at]); ++at, ++time.fraction_digits) {
      if (time.fraction_digits == kNanoDigits) return std::nullopt;
      time.nanoseconds = time.nanoseconds * 10 + (text[at] - '0');
    }
    if (time.fraction_digits == 0) return std::nullopt;
    time.trailing_zero = text[at - 1] == '0';
    for (int i = time.fraction_digits; i < kNanoDigits; ++i) time.nanoseconds *= 10;
  }
  const auto zone = ParseZone(text.substr(at));
  if (!zone) return std::nullopt;
  time.zone = *zone;
  return time;
}

std::optional<int64_t> ParseTimestampText(std::string_view text, const arrow::TimestampType& type) {
  static constexpr int64_t kPerSecond[] = {1, 1'000, 1'000'000, 1'000'000'000};
  const auto time = ParseTimeText(text);
  if (!time || type.timezone().empty() != (time->zone == Zone::kNone)) return std::nullopt;
  const int64_t per_second = kPerSecond[type.unit()];
  const int64_t nanoseconds_each = kPerSecond[arrow::TimeUnit::NANO] / per_second;
  if (time->nanoseconds % nanoseconds_each != 0) return std::nullopt;
  int64_t value;
  if (__builtin_mul_overflow(time->seconds, per_second, &value) ||
      __builtin_add_overflow(value, time->nanoseconds / nanoseconds_each, &value)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace formats
