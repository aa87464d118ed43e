#include "formats/text/type_guess.h"

#include <algorithm>
#include <bit>

#include "formats/text/parse_text.h"

namespace formats {
namespace {

enum Seen : uint64_t {
  kText = 1 << 0,
  kLowerBool = 1 << 1,
  kTitleBool = 1 << 2,
  kUpperBool = 1 << 3,
  kInteger = 1 << 4,
  kLongInteger = 1 << 5,  // of more digits than every double holds
  kDouble = 1 << 6,
  kPointZero = 1 << 7,     // "17.0"
  kTrailingZero = 1 << 8,  // "1.50"
  kExponent = 1 << 9,
  kHugeNumber = 1 << 10,  // fits neither int64 nor double
  kDate = 1 << 11,
  kTimeTrailingZero = 1 << 12,
  kBeyondNanoseconds = 1 << 13,
  kTimes = 1 << 16,  // the first of eight: separators and zones
};
constexpr uint64_t kBools = kLowerBool | kTitleBool | kUpperBool;
constexpr uint64_t kNumbers =
    kInteger | kLongInteger | kDouble | kPointZero | kTrailingZero | kExponent;
constexpr uint64_t kAllTimes = 0xff * kTimes;
constexpr uint64_t kTimeDetails = kAllTimes | kTimeTrailingZero | kBeyondNanoseconds;
constexpr uint64_t kZonedTimes = 0xee * kTimes;

constexpr size_t kSafeDigits = 15;
constexpr int kMicroDigits = 6;

bool IsOne(uint64_t bits) { return std::has_single_bit(bits); }

// "1e+05" and the like, as printf writes it.
bool HasPlainExponent(std::string_view text, size_t e) {
  return text[e] == 'e' && text.size() >= e + 4 && (text[e + 1] == '+' || text[e + 1] == '-');
}

uint64_t SeenOfDouble(std::string_view text) {
  uint64_t seen = kDouble;
  const size_t e = text.find_first_of("eE");
  const size_t point = text.find('.');
  if (e != std::string_view::npos) seen |= HasPlainExponent(text, e) ? kExponent : kText;
  if (point == std::string_view::npos) return seen;
  const std::string_view fraction = text.substr(point + 1, e - point - 1);
  if (fraction == "0") {
    seen |= kPointZero;
  } else if (fraction.back() == '0') {
    seen |= kTrailingZero;
  }
  return seen;
}

uint64_t ScaleOf(std::string_view text) {
  const size_t point = text.find('.');
  return point == std::string_view::npos
             ? 1
             : uint64_t{1} << std::min<size_t>(text.size() - point - 1, 63);
}

}  // namespace

void TypeGuess::AddText(std::string_view text) {
  if ((seen_ & kText) != 0) return;
  const char first = text.empty() ? '\0' : text[0];
  if (first == '-' || (first >= '0' && first <= '9')) {
    if (ParseIntegerText(text)) {
      seen_ |= kInteger | (text.size() - (first == '-') > kSafeDigits ? kLongInteger : uint64_t{0});
    } else if (ParseDoubleText(text)) {
      seen_ |= SeenOfDouble(text);
      scales_ |= ScaleOf(text);
      // Of a sign, or a zero behind the point, nothing is left in an integer.
      if (text == "-0") seen_ |= kText;
    } else {
      AddTime(text);
    }
  } else if (ParseBoolText(text)) {
    seen_ |= first == 't' || first == 'f' ? kLowerBool : text[1] < 'a' ? kUpperBool : kTitleBool;
  } else {
    seen_ |= kText;
  }
}

void TypeGuess::AddString(std::string_view text) {
  if ((seen_ & kText) == 0) AddTime(text);
}

void TypeGuess::AddNumber(std::string_view text) {
  if (ParseIntegerText(text)) {
    seen_ |= kInteger | (text.size() - (text[0] == '-') > kSafeDigits ? kLongInteger : uint64_t{0});
  } else {
    seen_ |= ParseDoubleText(text) ? kDouble : kHugeNumber;
  }
}

void TypeGuess::AddBool() { seen_ |= kLowerBool; }

void TypeGuess::AddTime(std::string_view text) {
  constexpr int64_t kFirstNanosecondYear = -9'214'560'000;  // 1678-01-01
  constexpr int64_t kLastNanosecondYear = 9'214'646'400;    // 2262-01-01
  if (ParseDateText(text)) {
    seen_ |= kDate;
    return;
  }
  const auto time = ParseTimeText(text);
  if (!time) {
    seen_ |= kText;
    return;
  }
  const int style = static_cast<int>(time->zone) + (time->separator == ' ' ? 4 : 0);
  seen_ |= static_cast<uint64_t>(kTimes) << style;
  fractions_ |= 1U << time->fraction_digits;
  if (time->trailing_zero) seen_ |= kTimeTrailingZero;
  if (time->seconds < kFirstNanosecondYear || time->seconds >= kLastNanosecondYear) {
    seen_ |= kBeyondNanoseconds;
  }
}

void TypeGuess::Merge(const TypeGuess& other) {
  seen_ |= other.seen_;
  scales_ |= other.scales_;
  fractions_ |= other.fractions_;
}

std::shared_ptr<arrow::DataType> TypeGuess::type() const {
  if (seen_ == 0) return arrow::null();
  if ((seen_ & kText) != 0) return arrow::utf8();
  if ((seen_ & ~kBools) == 0) return IsOne(seen_) ? arrow::boolean() : arrow::utf8();
  if (seen_ == kDate) return arrow::date32();
  if ((seen_ & ~(kNumbers | kHugeNumber)) == 0) {
    if ((seen_ & kHugeNumber) != 0) return nullptr;
    if ((seen_ & kDouble) == 0) return arrow::int64();
    if ((seen_ & kLongInteger) != 0) return scales_ == 0 ? nullptr : arrow::utf8();
    // Numbers of JSON have no scales.
    const bool fixed = IsOne(scales_) && (seen_ & (kInteger | kExponent)) == 0;
    const bool shortest =
        (seen_ & kTrailingZero) == 0 && ((seen_ & kInteger) == 0 || (seen_ & kPointZero) == 0);
    return scales_ == 0 || fixed || shortest ? arrow::float64() : arrow::utf8();
  }
  if ((seen_ & ~kTimeDetails) != 0 || !IsOne(seen_ & kAllTimes)) return arrow::utf8();
  if ((seen_ & kTimeTrailingZero) != 0 && !IsOne(fractions_)) return arrow::utf8();
  const bool nanoseconds = (fractions_ >> (kMicroDigits + 1)) != 0;
  if (nanoseconds && (seen_ & kBeyondNanoseconds) != 0) return arrow::utf8();
  const auto unit = nanoseconds ? arrow::TimeUnit::NANO : arrow::TimeUnit::MICRO;
  return (seen_ & kZonedTimes) != 0 ? arrow::timestamp(unit, "UTC") : arrow::timestamp(unit);
}

}  // namespace formats
