#include "source/schema/parse_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <type_traits>

#include "arrow/util/value_parsing.h"
#include "base/text.h"

namespace source {
namespace {

constexpr int64_t kSecondsPerDay = 24 * 60 * 60;
// No number that fits has more characters, but for zeros that tell nothing.
constexpr size_t kLongestNumber = 400;
// Decimals cannot be scaled by more at once.
constexpr int32_t kMaxScaling = arrow::Decimal256Type::kMaxPrecision;

std::string_view WithoutPlus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

// Without the zeros at the end of a fraction of seconds, since parsers count the digits. `zone` is
// what follows the fraction.
std::string_view WithoutZeros(std::string_view text, std::string* storage) {
  const size_t point = text.find('.');
  if (point == std::string_view::npos) return text;
  const size_t end = std::min(text.find_first_not_of("0123456789", point + 1), text.size());
  size_t last = end;
  while (last > point + 2 && text[last - 1] == '0') --last;
  if (last == end) return text;
  *storage = text.substr(0, last);
  *storage += text.substr(end);
  return *storage;
}

bool IsDigits(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether the float is the integer that the digits say.
template <typename Float>
bool IsExactly(Float value, std::string_view digits) {
  if (digits.size() <= std::numeric_limits<Float>::digits10) return true;
  char exact[kLongestNumber + 2];
  const int size = std::snprintf(exact, sizeof exact, "%.0f", static_cast<double>(value));
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  std::string_view shown(exact, static_cast<size_t>(size));
  if (shown.starts_with('-')) shown.remove_prefix(1);
  return shown == digits;
}

}  // namespace

std::optional<bool> ParseBool(std::string_view text) {
  text = base::Trimmed(text);
  if (text == "1" || base::EqualsIgnoringAsciiCase(text, "true")) return true;
  if (text == "0" || base::EqualsIgnoringAsciiCase(text, "false")) return false;
  return std::nullopt;
}

std::optional<arrow::Decimal256> ParseDecimal(std::string_view text, int32_t precision,
                                              int32_t scale) {
  text = base::Trimmed(text);
  if (text.size() > kLongestNumber) return std::nullopt;
  arrow::Decimal256 value;
  int32_t own_precision = 0, own_scale = 0;
  if (!arrow::Decimal256::FromString(text, &value, &own_precision, &own_scale).ok()) {
    return std::nullopt;
  }
  if (own_scale != scale) {
    if (std::abs(int64_t{own_scale} - scale) > kMaxScaling) return std::nullopt;
    auto scaled = value.Rescale(own_scale, scale);
    if (!scaled.ok()) return std::nullopt;
    value = *scaled;
  }
  if (!value.FitsInPrecision(precision)) return std::nullopt;
  return value;
}

template <typename Integer>
std::optional<Integer> ParseInteger(std::string_view text) {
  text = base::Trimmed(text);
  const std::string_view plain = WithoutPlus(text);
  Integer value{};
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (error == std::errc() && end == plain.data() + plain.size()) return value;
  const auto decimal = ParseDecimal(text, arrow::Decimal256Type::kMaxPrecision, 0);
  if (!decimal || *decimal < arrow::Decimal256(std::numeric_limits<Integer>::min()) ||
      *decimal > arrow::Decimal256(std::numeric_limits<Integer>::max())) {
    return std::nullopt;
  }
  return static_cast<Integer>(decimal->low_bits());
}

template std::optional<int8_t> ParseInteger(std::string_view);
template std::optional<int16_t> ParseInteger(std::string_view);
template std::optional<int32_t> ParseInteger(std::string_view);
template std::optional<int64_t> ParseInteger(std::string_view);
template std::optional<uint8_t> ParseInteger(std::string_view);
template std::optional<uint16_t> ParseInteger(std::string_view);
template std::optional<uint32_t> ParseInteger(std::string_view);
template std::optional<uint64_t> ParseInteger(std::string_view);

template <typename Float>
std::optional<Float> ParseFloat(std::string_view text) {
  text = WithoutPlus(base::Trimmed(text));
  if (text.size() > kLongestNumber) return std::nullopt;
  Float value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (IsDigits(text) && !IsExactly(value, text)) return std::nullopt;
  return value;
}

template std::optional<float> ParseFloat(std::string_view);
template std::optional<double> ParseFloat(std::string_view);

std::optional<int64_t> ParseTimestamp(std::string_view text, arrow::TimeUnit::type unit) {
  text = base::Trimmed(text);
  std::string storage;
  text = WithoutZeros(text, &storage);
  int64_t value = 0;
  const bool parsed =
      arrow::internal::ParseTimestampISO8601(text.data(), text.size(), unit, &value);
  if (!parsed) return std::nullopt;
  return value;
}

std::optional<int32_t> ParseDate(std::string_view text) {
  const auto seconds = ParseTimestamp(text, arrow::TimeUnit::MILLI);
  const int64_t per_day = 1000 * kSecondsPerDay;
  if (!seconds || *seconds % per_day != 0) return std::nullopt;
  return static_cast<int32_t>(*seconds / per_day);
}

std::optional<int64_t> ParseTimeOfDay(std::string_view text) {
  text = base::Trimmed(text);
  std::string storage;
  text = WithoutZeros(text, &storage);
  int64_t value = 0;
  static const arrow::Time64Type kType(arrow::TimeUnit::MICRO);
  arrow::internal::StringConverter<arrow::Time64Type> converter;
  if (!converter.Convert(kType, text.data(), text.size(), &value)) return std::nullopt;
  return value;
}

}  // namespace source
