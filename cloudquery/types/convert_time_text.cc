#include "cloudquery/types/convert_time_text.h"

#include <chrono>
#include <cstdio>

#include "base/text.h"

namespace cloudquery {
namespace {

constexpr int64_t kSecondsPerDay = 24 * 60 * 60;

struct Unit {
  int64_t per_second;
  int fraction_digits;
};

Unit UnitOf(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return {1, 0};
    case arrow::TimeUnit::MILLI:
      return {1'000, 3};
    case arrow::TimeUnit::MICRO:
      return {1'000'000, 6};
    case arrow::TimeUnit::NANO:
      return {1'000'000'000, 9};
  }
  return {1, 0};
}

int64_t FloorDivide(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

}  // namespace

std::string DateText(int64_t days) {
  using std::chrono::sys_days, std::chrono::year, std::chrono::January, std::chrono::December;
  constexpr int64_t kFirst = sys_days(year(0) / January / 1).time_since_epoch().count();
  constexpr int64_t kLast = sys_days(year(9999) / December / 31).time_since_epoch().count();
  if (days < kFirst || days > kLast) return "";
  const std::chrono::year_month_day date{sys_days(std::chrono::days(days))};
  char text[32];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

std::string TimeOfDayText(int64_t value, arrow::TimeUnit::type time_unit) {
  const Unit unit = UnitOf(time_unit);
  if (value < 0 || value >= kSecondsPerDay * unit.per_second) return "";
  const auto seconds = static_cast<int>(value / unit.per_second);
  char text[32];
  int size = std::snprintf(text, sizeof(text), "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60,
                           seconds % 60);
  if (unit.fraction_digits > 0) {
    std::snprintf(text + size, sizeof(text) - size, ".%0*lld", unit.fraction_digits,
                  static_cast<long long>(value % unit.per_second));
  }
  return text;
}

std::string TimestampText(int64_t value, arrow::TimeUnit::type unit, bool utc) {
  const int64_t per_day = kSecondsPerDay * UnitOf(unit).per_second;
  const int64_t days = FloorDivide(value, per_day);
  const std::string date = DateText(days);
  if (date.empty()) return "";
  return date + "T" + TimeOfDayText(value - days * per_day, unit) + (utc ? "Z" : "");
}

std::string UuidText(std::string_view bytes) {
  using base::kHexDigits;
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += {kHexDigits[byte >> 4], kHexDigits[byte & 0xF]};
  }
  return text;
}

}  // namespace cloudquery
