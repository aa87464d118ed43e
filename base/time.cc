#include "base/time.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace base {
namespace {

using std::chrono::nanoseconds;

constexpr size_t kNanosecondDigits = 9;
constexpr nanoseconds kCentury = std::chrono::hours(24 * 36525);

/// Reads fixed-width decimal fields from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Number(size_t digits, int& out) {
    if (rest_.size() < digits) return false;
    out = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
      out = out * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return true;
  }

  bool Literal(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// 1 to 9 digits, as nanoseconds.
  bool Fraction(int& nanosecond) {
    const size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (digits == 0 || digits > kNanosecondDigits || !Number(digits, nanosecond)) return false;
    for (size_t i = digits; i < kNanosecondDigits; ++i) nanosecond *= 10;
    return true;
  }

  /// "Z", "+02:00" or "-07:30", as time east of UTC.
  bool Offset(std::chrono::minutes& east) {
    if (Literal('Z')) return true;
    const bool west = rest_.starts_with('-');
    if (!west && !rest_.starts_with('+')) return false;
    rest_.remove_prefix(1);
    int hours = 0, minutes = 0;
    if (!Number(2, hours) || !Literal(':') || !Number(2, minutes)) return false;
    if (hours > 23 || minutes > 59) return false;
    east = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    if (west) east = -east;
    return true;
  }

  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

nanoseconds UnitOf(std::string_view unit) {
  if (unit == "h") return std::chrono::hours(1);
  if (unit == "m") return std::chrono::minutes(1);
  if (unit == "s") return std::chrono::seconds(1);
  if (unit == "ms") return std::chrono::milliseconds(1);
  if (unit == "us" || unit == "µs") return std::chrono::microseconds(1);
  return nanoseconds(unit == "ns" ? 1 : 0);
}

}  // namespace

std::optional<Timestamp> ParseRfc3339(std::string_view text) {
  Scanner in(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, nanosecond = 0;
  std::chrono::minutes east(0);
  const bool shaped = in.Number(4, year) && in.Literal('-') && in.Number(2, month) &&
                      in.Literal('-') && in.Number(2, day) && in.Literal('T') &&
                      in.Number(2, hour) && in.Literal(':') && in.Number(2, minute) &&
                      in.Literal(':') && in.Number(2, second) &&
                      (!in.Literal('.') || in.Fraction(nanosecond)) && in.Offset(east) && in.done();
  if (!shaped) return std::nullopt;
  const auto date = std::chrono::year(year) / month / day;
  // Nanoseconds in 64 bits reach from 1677 to 2262. A leap second counts into the next minute.
  if (!date.ok() || year < 1678 || year > 2261 || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + nanoseconds(nanosecond) - east;
}

std::string FormatRfc3339(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09lldZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<long long>(clock.subseconds().count()));
  return text;
}

arrow::Result<nanoseconds> ParseDuration(std::string_view text) {
  if (text == "0") return nanoseconds(0);
  const auto wrong = MakeError(
      ErrorKind::kConfig, Quoted(text) + " is not a valid duration. Write it like 24h or 1h30m.");
  if (text.empty()) return wrong;
  double total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
    const size_t end = std::min(rest.find_first_of("0123456789.", digits), rest.size());
    const std::string number(rest.substr(0, digits));
    const size_t dot = number.find('.');
    const nanoseconds unit = UnitOf(rest.substr(digits, end - digits));
    if (number.empty() || number.front() == '.' || number.back() == '.' ||
        (dot != std::string::npos && number.find('.', dot + 1) != std::string::npos) ||
        unit.count() == 0) {
      return wrong;
    }
    total += std::strtod(number.c_str(), nullptr) * static_cast<double>(unit.count());
    rest.remove_prefix(end);
  }
  if (total >= static_cast<double>(kCentury.count())) return kCentury;
  return nanoseconds(static_cast<int64_t>(total));
}

}  // namespace base
