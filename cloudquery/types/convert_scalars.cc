// Numbers, decimals, dates, times and intervals, value by value.
#include <optional>

#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_decimal.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/util/checked_cast.h"
#include "arrow/util/decimal.h"
#include "arrow/util/float16.h"
#include "arrow/util/int_util_overflow.h"
#include "cloudquery/types/convert_internal.h"
#include "cloudquery/types/convert_time_text.h"

namespace cloudquery {
namespace {

using arrow::Decimal256;
using arrow::internal::checked_cast;

constexpr int64_t kMillisPerDay = 24 * 60 * 60 * 1000;

// Appends one(i) for every value that is not null. If one(i) is nothing, appends a null and counts
// it.
template <typename Builder, typename One>
arrow::Result<ArrayPtr> Map(const arrow::Array& array, Builder* builder,
                            const ConvertContext& context, One one) {
  ARROW_RETURN_NOT_OK(builder->Reserve(array.length()));
  for (int64_t i = 0; i < array.length(); ++i) {
    if (array.IsNull(i)) {
      ARROW_RETURN_NOT_OK(builder->AppendNull());
    } else if (const auto value = one(i)) {
      ARROW_RETURN_NOT_OK(builder->Append(*value));
    } else {
      ++context.stats->out_of_range_values;
      ARROW_RETURN_NOT_OK(builder->AppendNull());
    }
  }
  return builder->Finish();
}

arrow::Result<ArrayPtr> WidenFloat16(const arrow::Array& array, const ConvertContext& context) {
  const auto& halves = checked_cast<const arrow::HalfFloatArray&>(array);
  arrow::FloatBuilder builder(context.pool);
  return Map(array, &builder, context, [&](int64_t i) {
    return std::optional(arrow::util::Float16::FromBits(halves.Value(i)).ToFloat());
  });
}

arrow::Result<ArrayPtr> ToTruth(const arrow::Array& array, const ConvertContext& context) {
  const auto& bytes = checked_cast<const arrow::Int8Array&>(array);
  arrow::BooleanBuilder builder(context.pool);
  return Map(array, &builder, context,
             [&](int64_t i) { return std::optional(bytes.Value(i) != 0); });
}

std::optional<int64_t> SecondsToMillis(int64_t seconds) {
  int64_t millis;
  if (arrow::internal::MultiplyWithOverflow(seconds, int64_t{1000}, &millis)) return std::nullopt;
  return millis;
}

std::optional<int32_t> TimeToMillis(int32_t seconds) {
  if (seconds < 0 || seconds >= kMillisPerDay / 1000) return std::nullopt;
  return seconds * 1000;
}

std::optional<int32_t> MillisToDays(int64_t millis) {
  const int64_t days = millis / kMillisPerDay - (millis % kMillisPerDay < 0 ? 1 : 0);
  if (days != static_cast<int32_t>(days)) return std::nullopt;
  return static_cast<int32_t>(days);
}

arrow::Result<ArrayPtr> Scale(const TypeRule& rule, const arrow::Array& array,
                              const ConvertContext& context) {
  switch (array.type_id()) {
    case arrow::Type::TIMESTAMP: {
      const auto& seconds = checked_cast<const arrow::TimestampArray&>(array);
      arrow::TimestampBuilder builder(rule.type, context.pool);
      return Map(array, &builder, context,
                 [&](int64_t i) { return SecondsToMillis(seconds.Value(i)); });
    }
    case arrow::Type::TIME32: {
      const auto& seconds = checked_cast<const arrow::Time32Array&>(array);
      arrow::Time32Builder builder(rule.type, context.pool);
      return Map(array, &builder, context,
                 [&](int64_t i) { return TimeToMillis(seconds.Value(i)); });
    }
    default: {
      const auto& millis = checked_cast<const arrow::Date64Array&>(array);
      arrow::Date32Builder builder(context.pool);
      return Map(array, &builder, context,
                 [&](int64_t i) { return MillisToDays(millis.Value(i)); });
    }
  }
}

Decimal256 DecimalAt(const arrow::Array& array, int64_t i) {
  const uint8_t* bytes = checked_cast<const arrow::FixedSizeBinaryArray&>(array).GetValue(i);
  switch (array.type_id()) {
    case arrow::Type::DECIMAL32:
      return Decimal256(static_cast<int64_t>(arrow::Decimal32(bytes).value()));
    case arrow::Type::DECIMAL64:
      return Decimal256(arrow::Decimal64(bytes).value());
    case arrow::Type::DECIMAL128:
      return Decimal256(arrow::Decimal128(bytes));
    default:
      return Decimal256(bytes);
  }
}

// The lower half, which holds all of a value of up to 38 digits.
arrow::Decimal128 Narrow(const Decimal256& value) {
  const auto& words = value.little_endian_array();
  return arrow::Decimal128(static_cast<int64_t>(words[1]), words[0]);
}

arrow::Result<ArrayPtr> WidenDecimal(const TypeRule& rule, const arrow::Array& array,
                                     const ConvertContext& context) {
  const auto& from = checked_cast<const arrow::DecimalType&>(*array.type());
  const auto& to = checked_cast<const arrow::DecimalType&>(*rule.type);
  const auto widened = [&](int64_t i) -> std::optional<Decimal256> {
    const auto value = DecimalAt(array, i).Rescale(from.scale(), to.scale());
    if (!value.ok() || !value->FitsInPrecision(to.precision())) return std::nullopt;
    return *value;
  };
  if (to.id() == arrow::Type::DECIMAL256) {
    arrow::Decimal256Builder builder(rule.type, context.pool);
    return Map(array, &builder, context, widened);
  }
  arrow::Decimal128Builder builder(rule.type, context.pool);
  return Map(array, &builder, context, [&](int64_t i) -> std::optional<arrow::Decimal128> {
    const auto value = widened(i);
    if (!value) return std::nullopt;
    return Narrow(*value);
  });
}

arrow::Result<ArrayPtr> DecimalToText(const arrow::Array& array, const ConvertContext& context) {
  const auto& type = checked_cast<const arrow::DecimalType&>(*array.type());
  arrow::StringBuilder builder(context.pool);
  return Map(array, &builder, context,
             [&](int64_t i) { return std::optional(DecimalAt(array, i).ToString(type.scale())); });
}

arrow::Result<ArrayPtr> TimeToText(const arrow::Array& array, const ConvertContext& context) {
  const auto& times = checked_cast<const arrow::Time64Array&>(array);
  arrow::StringBuilder builder(context.pool);
  return Map(array, &builder, context, [&](int64_t i) -> std::optional<std::string> {
    std::string text = TimeOfDayText(times.Value(i), arrow::TimeUnit::NANO);
    if (text.empty()) return std::nullopt;
    return text;
  });
}

template <typename Builder, typename Part>
arrow::Result<std::shared_ptr<arrow::ArrayData>> PartOf(const arrow::Array& array,
                                                        const ConvertContext& context, Part part) {
  Builder builder(context.pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(array.length()));
  for (int64_t i = 0; i < array.length(); ++i) {
    if (array.IsNull(i)) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(part(i));
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto values, builder.Finish());
  return values->data();
}

arrow::Result<ArrayPtr> IntervalToFields(const TypeRule& rule, const arrow::Array& array,
                                         const ConvertContext& context) {
  arrow::ArrayDataVector parts;
  const auto add = [&]<typename Builder>(Builder*, auto part) -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(parts.emplace_back(), PartOf<Builder>(array, context, part));
    return arrow::Status::OK();
  };
  constexpr arrow::Int32Builder* kInt32 = nullptr;
  constexpr arrow::Int64Builder* kInt64 = nullptr;
  if (array.type_id() == arrow::Type::INTERVAL_DAY_TIME) {
    const auto& values = checked_cast<const arrow::DayTimeIntervalArray&>(array);
    ARROW_RETURN_NOT_OK(add(kInt32, [&](int64_t i) { return values.GetValue(i).days; }));
    ARROW_RETURN_NOT_OK(add(kInt32, [&](int64_t i) { return values.GetValue(i).milliseconds; }));
  } else {
    const auto& values = checked_cast<const arrow::MonthDayNanoIntervalArray&>(array);
    ARROW_RETURN_NOT_OK(add(kInt32, [&](int64_t i) { return values.GetValue(i).months; }));
    ARROW_RETURN_NOT_OK(add(kInt32, [&](int64_t i) { return values.GetValue(i).days; }));
    ARROW_RETURN_NOT_OK(add(kInt64, [&](int64_t i) { return values.GetValue(i).nanoseconds; }));
  }
  ARROW_ASSIGN_OR_RAISE(auto validity, ValidityOf(array, context.pool));
  return arrow::MakeArray(arrow::ArrayData::Make(rule.type, array.length(), {std::move(validity)},
                                                 std::move(parts), array.null_count()));
}

}  // namespace

arrow::Result<ArrayPtr> ConvertScalars(const TypeRule& rule, const ArrayPtr& array,
                                       const ConvertContext& context) {
  switch (rule.conversion) {
    case Conversion::kFloat16:
      return WidenFloat16(*array, context);
    case Conversion::kTruth:
      return ToTruth(*array, context);
    case Conversion::kScale:
      return Scale(rule, *array, context);
    case Conversion::kDecimal:
      return WidenDecimal(rule, *array, context);
    case Conversion::kDecimalText:
      return DecimalToText(*array, context);
    case Conversion::kTimeText:
      return TimeToText(*array, context);
    default:
      return IntervalToFields(rule, *array, context);
  }
}

}  // namespace cloudquery
