#include "source/schema/leaf_types.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "arrow/type_traits.h"
#include "arrow/util/checked_cast.h"
#include "cloudquery/types/described_columns.h"

namespace source {
namespace {

using arrow::internal::checked_cast;
using FieldPtr = std::shared_ptr<arrow::Field>;
using Fields = std::span<const FieldPtr>;
using TypePtr = std::shared_ptr<arrow::DataType>;

// Decimal digits of the largest integer, by bits. One more where the integers have no sign and 64
// bits.
int DigitsOf(int bits, bool is_signed) {
  switch (bits) {
    case 8:
      return 3;
    case 16:
      return 5;
    case 32:
      return 10;
    default:
      return is_signed ? 19 : 20;
  }
}

// What a column of numbers must hold.
struct Numbers {
  int signed_bits = 0;
  int unsigned_bits = 0;
  int float_bits = 0;
  bool has_decimals = false;
  bool wide_decimals = false;
  int whole_digits = 0;
  int scale = 0;

  bool Add(const arrow::DataType& type) {
    if (arrow::is_integer(type.id())) {
      const bool is_signed = arrow::is_signed_integer(type.id());
      int& bits = is_signed ? signed_bits : unsigned_bits;
      bits = std::max(bits, type.bit_width());
      whole_digits = std::max(whole_digits, DigitsOf(type.bit_width(), is_signed));
    } else if (type.id() == arrow::Type::FLOAT || type.id() == arrow::Type::DOUBLE) {
      float_bits = std::max(float_bits, type.bit_width());
    } else if (arrow::is_decimal(type.id())) {
      const auto& decimal = checked_cast<const arrow::DecimalType&>(type);
      has_decimals = true;
      wide_decimals = wide_decimals || type.id() == arrow::Type::DECIMAL256;
      whole_digits = std::max(whole_digits, decimal.precision() - decimal.scale());
      scale = std::max(scale, decimal.scale());
    } else {
      return false;
    }
    return true;
  }
};

// Floats hold integers of up to 24 bits exactly, doubles those of up to 53.
TypePtr UniteFloats(const Numbers& numbers) {
  const int int_bits = std::max(numbers.signed_bits, numbers.unsigned_bits);
  if (numbers.has_decimals || int_bits > 32) return nullptr;
  return numbers.float_bits == 32 && int_bits <= 16 ? arrow::float32() : arrow::float64();
}

TypePtr UniteDecimals(const Numbers& numbers) {
  const int precision = numbers.whole_digits + numbers.scale;
  if (precision > arrow::Decimal256Type::kMaxPrecision) return nullptr;
  if (numbers.wide_decimals || precision > arrow::Decimal128Type::kMaxPrecision) {
    return arrow::decimal256(precision, numbers.scale);
  }
  return arrow::decimal128(precision, numbers.scale);
}

TypePtr UniteNumbers(Fields fields) {
  Numbers numbers;
  for (const FieldPtr& field : fields) {
    if (!numbers.Add(*field->type())) return nullptr;
  }
  if (numbers.float_bits > 0) return UniteFloats(numbers);
  if (numbers.has_decimals) return UniteDecimals(numbers);
  if (numbers.signed_bits == 0) {
    static const std::array kUnsigned = {arrow::uint8(), arrow::uint16(), arrow::uint32(),
                                         arrow::uint64()};
    for (const TypePtr& type : kUnsigned) {
      if (type->bit_width() >= numbers.unsigned_bits) return type;
    }
  }
  // A signed type needs twice the bits to hold all of an unsigned one.
  const int bits = std::max(numbers.signed_bits, 2 * numbers.unsigned_bits);
  static const std::array kSigned = {arrow::int8(), arrow::int16(), arrow::int32(), arrow::int64()};
  for (const TypePtr& type : kSigned) {
    if (type->bit_width() >= bits) return type;
  }
  return UniteDecimals(numbers);
}

// Dates are midnights, local or in UTC as the timestamps beside them.
FieldPtr UniteTimestamps(Fields fields) {
  auto unit = arrow::TimeUnit::MILLI;
  bool has_utc = false, has_local = false, has_int96 = false;
  for (const FieldPtr& field : fields) {
    if (field->type()->id() == arrow::Type::DATE32) continue;
    if (field->type()->id() != arrow::Type::TIMESTAMP) return nullptr;
    const auto& type = checked_cast<const arrow::TimestampType&>(*field->type());
    unit = std::max(unit, type.unit());
    const bool is_int96 = !cloudquery::Note(*field, cloudquery::kInt96Key).empty();
    (is_int96 ? has_int96 : type.timezone().empty() ? has_local : has_utc) = true;
  }
  if (has_utc && has_local) return nullptr;
  const auto united = arrow::field(fields[0]->name(), arrow::timestamp(unit, has_utc ? "UTC" : ""));
  const bool only_int96 = has_int96 && !has_utc && !has_local;
  return only_int96 ? cloudquery::WithNote(*united, cloudquery::kInt96Key, "1") : united;
}

bool IsTimeText(const FieldPtr& field) {
  return !cloudquery::Note(*field, cloudquery::kTimeTextKey).empty();
}

// Times of a day; those in nanoseconds are sent as text.
FieldPtr UniteTimes(Fields fields) {
  const bool are_times = std::ranges::all_of(fields, [](const FieldPtr& field) {
    return arrow::is_time(field->type()->id()) || IsTimeText(field);
  });
  if (!are_times) return nullptr;
  const std::string& name = fields[0]->name();
  if (std::ranges::none_of(fields, IsTimeText)) {
    return arrow::field(name, arrow::time64(arrow::TimeUnit::MICRO));
  }
  return cloudquery::WithNote(*arrow::field(name, arrow::utf8()), cloudquery::kTimeTextKey, "1");
}

// Text of a certain shape and any other.
TypePtr UniteTexts(Fields fields) {
  const bool are_texts = std::ranges::all_of(
      fields, [](const FieldPtr& field) { return field->type()->id() == arrow::Type::STRING; });
  return are_texts ? arrow::utf8() : nullptr;
}

TypePtr UniteBytes(Fields fields) {
  const bool are_bytes = std::ranges::all_of(fields, [](const FieldPtr& field) {
    const arrow::Type::type id = field->type()->id();
    return id == arrow::Type::BINARY || id == arrow::Type::FIXED_SIZE_BINARY;
  });
  return are_bytes ? arrow::binary() : nullptr;
}

// Durations are sent as numbers of their unit; the finest holds all of them.
FieldPtr UniteDurations(Fields fields) {
  static constexpr std::array<std::string_view, 4> kUnits = {"duration[s]", "duration[ms]",
                                                             "duration[us]", "duration[ns]"};
  size_t finest = 0;
  for (const FieldPtr& field : fields) {
    const auto found = std::ranges::find(kUnits, cloudquery::Note(*field, cloudquery::kMeaningKey));
    if (found == kUnits.end()) return nullptr;
    finest = std::max(finest, static_cast<size_t>(found - kUnits.begin()));
  }
  return cloudquery::WithNote(*arrow::field(fields[0]->name(), arrow::int64()),
                              cloudquery::kMeaningKey, kUnits[finest]);
}

}  // namespace

FieldPtr UniteLeaves(Fields fields) {
  for (const FieldPtr& field : fields) {
    if (!cloudquery::Note(*field, cloudquery::kExtensionNameKey).empty()) return nullptr;
  }
  const bool has_meaning = std::ranges::any_of(fields, [](const FieldPtr& field) {
    return !cloudquery::Note(*field, cloudquery::kMeaningKey).empty();
  });
  if (has_meaning) return UniteDurations(fields);
  for (const auto unite : {&UniteTimestamps, &UniteTimes}) {
    if (FieldPtr field = unite(fields)) return field;
  }
  for (const auto unite : {&UniteNumbers, &UniteBytes, &UniteTexts}) {
    if (TypePtr type = unite(fields)) return arrow::field(fields[0]->name(), std::move(type));
  }
  return nullptr;
}

}  // namespace source
