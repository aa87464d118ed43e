#include "source/schema/fit_values.h"

#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "arrow/array/array_binary.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_decimal.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/array/builder_time.h"
#include "arrow/array/util.h"
#include "arrow/compute/cast.h"
#include "arrow/compute/exec.h"
#include "arrow/type_traits.h"
#include "arrow/util/checked_cast.h"
#include "base/utf8.h"
#include "cloudquery/types/convert_json.h"
#include "cloudquery/types/convert_json_check.h"
#include "cloudquery/types/described_columns.h"
#include "cloudquery/types/extension_types.h"
#include "source/schema/parse_value.h"

namespace source {
namespace {

using arrow::internal::checked_cast;
using cloudquery::ArrayPtr;
using cloudquery::ConvertContext;
using TypePtr = std::shared_ptr<arrow::DataType>;
using Fitted = arrow::Result<FittedValues>;

// The text of a row, valid until the next call.
using TextOf = std::function<std::string_view(int64_t row)>;

bool IsNumber(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) ||
         arrow::is_decimal(type.id());
}

bool IsPlain(const arrow::Field& field) {
  return cloudquery::Note(field, cloudquery::kExtensionNameKey).empty();
}

bool IsJsonField(const arrow::Field& field) {
  return cloudquery::Note(field, cloudquery::kExtensionNameKey) ==
         cloudquery::ExtensionName(cloudquery::ExtensionType::kJson);
}

std::string_view Unquoted(std::string_view json) {
  if (json.size() < 2 || json.front() != '"') return json;
  return json.substr(1, json.size() - 2);
}

// Of any type; texts and bytes as they are.
arrow::Result<TextOf> TextsOf(const ArrayPtr& array, const arrow::Field& from, bool truth_as_number,
                              const ConvertContext& context) {
  const bool is_json = IsJsonField(from);
  if (array->type_id() == arrow::Type::STRING || array->type_id() == arrow::Type::BINARY) {
    return [texts = std::static_pointer_cast<arrow::BinaryArray>(array)](int64_t row) {
      return texts->GetView(row);
    };
  }
  if (array->type_id() == arrow::Type::FIXED_SIZE_BINARY && IsPlain(from)) {
    return [bytes = std::static_pointer_cast<arrow::FixedSizeBinaryArray>(array)](int64_t row) {
      return bytes->GetView(row);
    };
  }
  if (array->type_id() == arrow::Type::BOOL && truth_as_number) {
    return [values = std::static_pointer_cast<arrow::BooleanArray>(array)](int64_t row) {
      return std::string_view(values->Value(row) ? "1" : "0");
    };
  }
  cloudquery::ConvertStats ignored;
  ARROW_ASSIGN_OR_RAISE(
      const auto append,
      cloudquery::MakeJsonAppender(from, array, {.pool = context.pool, .stats = &ignored}));
  const bool may_be_quoted = !is_json && !arrow::is_nested(array->type_id());
  return [append, may_be_quoted,
          text = std::make_shared<std::string>()](int64_t row) -> std::string_view {
    text->clear();
    append(row, text.get());
    return may_be_quoted ? Unquoted(*text) : *text;
  };
}

// Builds an array of what `parse` makes of each text; nothing: it does not fit.
template <typename Parse>
arrow::Status ParseAll(const arrow::Array& array, const TextOf& text_of, Parse parse, auto* builder,
                       std::vector<int64_t>* misfits) {
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      ARROW_RETURN_NOT_OK(builder->AppendNull());
    } else if (const auto value = parse(text_of(row))) {
      ARROW_RETURN_NOT_OK(builder->Append(*value));
    } else {
      misfits->push_back(row);
      ARROW_RETURN_NOT_OK(builder->AppendNull());
    }
  }
  return arrow::Status::OK();
}

template <typename Builder, typename Parse>
Fitted Build(const ArrayPtr& array, const arrow::Field& from, const TypePtr& type, Parse parse,
             const ConvertContext& context) {
  FittedValues fitted;
  ARROW_ASSIGN_OR_RAISE(const TextOf text_of, TextsOf(array, from, IsNumber(*type), context));
  Builder builder(type, context.pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(array->length()));
  ARROW_RETURN_NOT_OK(ParseAll(*array, text_of, parse, &builder, &fitted.misfits));
  ARROW_ASSIGN_OR_RAISE(fitted.values, builder.Finish());
  return fitted;
}

template <typename ArrowType>
Fitted FitIntegers(const ArrayPtr& array, const arrow::Field& from, const ConvertContext& context) {
  return Build<arrow::NumericBuilder<ArrowType>>(
      array, from, arrow::TypeTraits<ArrowType>::type_singleton(),
      &ParseInteger<typename ArrowType::c_type>, context);
}

template <typename ArrowType>
Fitted FitFloats(const ArrayPtr& array, const arrow::Field& from, const ConvertContext& context) {
  return Build<arrow::NumericBuilder<ArrowType>>(array, from,
                                                 arrow::TypeTraits<ArrowType>::type_singleton(),
                                                 &ParseFloat<typename ArrowType::c_type>, context);
}

// The number as so many digits say it: all that a float tells, when the shortest text that reads
// back the same has more, as that of 0.1 + 0.2.
std::string Rounded(std::string_view text, int digits) {
  const auto value = ParseFloat<double>(text);
  char rounded[64];
  const int size = value ? std::snprintf(rounded, sizeof rounded, "%.*g", digits, *value) : 0;
  return {rounded, static_cast<size_t>(size)};
}

template <typename Builder, typename Decimal>
Fitted FitDecimals(const ArrayPtr& array, const arrow::Field& from, const TypePtr& type,
                   const ConvertContext& context) {
  const auto& decimal = checked_cast<const arrow::DecimalType&>(*type);
  const int digits = array->type_id() == arrow::Type::DOUBLE ? std::numeric_limits<double>::digits10
                     : array->type_id() == arrow::Type::FLOAT ? std::numeric_limits<float>::digits10
                                                              : 0;
  const auto parse = [&](std::string_view text) -> std::optional<Decimal> {
    auto value = ParseDecimal(text, decimal.precision(), decimal.scale());
    if (!value && digits > 0 && text.find('.') != std::string_view::npos) {
      value = ParseDecimal(Rounded(text, digits), decimal.precision(), decimal.scale());
    }
    if (!value) return std::nullopt;
    if constexpr (std::is_same_v<Decimal, arrow::Decimal128>) {
      const auto words = value->little_endian_array();
      return arrow::Decimal128(static_cast<int64_t>(words[1]), words[0]);
    } else {
      return value;
    }
  };
  return Build<Builder>(array, from, type, parse, context);
}

// Arrow's own conversions where they make the same of every value as those by way of text, but
// faster. Null: they do not, or not of all values.
ArrayPtr FitAtOnce(const ArrayPtr& array, const TypePtr& type, const ConvertContext& context) {
  const arrow::Type::type from = array->type_id(), to = type->id();
  const bool is_exact =
      (arrow::is_integer(from) && IsNumber(*type)) ||
      (arrow::is_decimal(from) && (arrow::is_integer(to) || arrow::is_decimal(to))) ||
      (from == arrow::Type::TIMESTAMP && to == arrow::Type::TIMESTAMP) ||
      (from == arrow::Type::DATE32 && to == arrow::Type::TIMESTAMP);
  if (!is_exact) return nullptr;
  const auto as_local = [](const TypePtr& timestamp) -> TypePtr {
    if (timestamp->id() != arrow::Type::TIMESTAMP) return timestamp;
    return arrow::timestamp(checked_cast<const arrow::TimestampType&>(*timestamp).unit());
  };
  const auto retyped = [](const arrow::Array& values, TypePtr its_type) {
    auto data = values.data()->Copy();
    data->type = std::move(its_type);
    return arrow::MakeArray(std::move(data));
  };
  arrow::compute::ExecContext exec(context.pool);
  exec.set_use_threads(false);
  const auto cast = arrow::compute::Cast(*retyped(*array, as_local(array->type())), as_local(type),
                                         arrow::compute::CastOptions::Safe(), &exec);
  return cast.ok() ? retyped(**cast, type) : nullptr;
}

Fitted FitTimes(const ArrayPtr& array, const arrow::Field& from, const TypePtr& type,
                const ConvertContext& context) {
  switch (type->id()) {
    case arrow::Type::DATE32:
      return Build<arrow::Date32Builder>(array, from, type, &ParseDate, context);
    case arrow::Type::TIME64:
      return Build<arrow::Time64Builder>(array, from, type, &ParseTimeOfDay, context);
    default: {
      const auto unit = checked_cast<const arrow::TimestampType&>(*type).unit();
      return Build<arrow::TimestampBuilder>(
          array, from, type, [unit](std::string_view text) { return ParseTimestamp(text, unit); },
          context);
    }
  }
}

Fitted FitTexts(const ArrayPtr& array, const arrow::Field& from, const ConvertContext& context) {
  const auto parse = [](std::string_view text) -> std::optional<std::string_view> {
    return base::IsValidUtf8(text) ? std::optional(text) : std::nullopt;
  };
  return Build<arrow::StringBuilder>(array, from, arrow::utf8(), parse, context);
}

Fitted FitBytes(const ArrayPtr& array, const arrow::Field& from, const ConvertContext& context) {
  const auto parse = [](std::string_view bytes) { return std::optional(bytes); };
  return Build<arrow::BinaryBuilder>(array, from, arrow::binary(), parse, context);
}

Fitted FitJson(const ArrayPtr& array, const arrow::Field& from, const ConvertContext& context) {
  const bool is_text = IsPlain(from) && (array->type_id() == arrow::Type::STRING ||
                                         array->type_id() == arrow::Type::BINARY);
  FittedValues fitted;
  arrow::BinaryBuilder builder(context.pool);
  if (is_text) {
    ARROW_ASSIGN_OR_RAISE(const TextOf text_of, TextsOf(array, from, false, context));
    const auto parse = [](std::string_view text) -> std::optional<std::string_view> {
      return cloudquery::IsJson(text) ? std::optional(text) : std::nullopt;
    };
    ARROW_RETURN_NOT_OK(ParseAll(*array, text_of, parse, &builder, &fitted.misfits));
  } else {
    ARROW_ASSIGN_OR_RAISE(const auto append, cloudquery::MakeJsonAppender(from, array, context));
    std::string json;
    const TextOf json_of = [&](int64_t row) -> std::string_view {
      json.clear();
      append(row, &json);
      return json;
    };
    const auto keep = [](std::string_view text) { return std::optional(text); };
    ARROW_RETURN_NOT_OK(ParseAll(*array, json_of, keep, &builder, &fitted.misfits));
  }
  ARROW_ASSIGN_OR_RAISE(fitted.values, builder.Finish());
  return fitted;
}

Fitted FitUuids(const ArrayPtr& array, const arrow::Field& from, const ConvertContext& context) {
  FittedValues fitted;
  ArrayPtr texts = array;
  if (array->type_id() != arrow::Type::BINARY && array->type_id() != arrow::Type::STRING) {
    ARROW_ASSIGN_OR_RAISE(FittedValues bytes, FitBytes(array, from, context));
    texts = std::move(bytes.values);
  }
  cloudquery::ConvertStats ignored;
  ARROW_ASSIGN_OR_RAISE(fitted.values,
                        cloudquery::ParseUuids(*texts, {.pool = context.pool, .stats = &ignored}));
  for (int64_t row = 0; ignored.invalid_ids > 0 && row < array->length(); ++row) {
    if (array->IsValid(row) && fitted.values->IsNull(row)) fitted.misfits.push_back(row);
  }
  return fitted;
}

Fitted FitNumbers(const ArrayPtr& array, const arrow::Field& from, const TypePtr& type,
                  const ConvertContext& context) {
  switch (type->id()) {
    case arrow::Type::INT8:
      return FitIntegers<arrow::Int8Type>(array, from, context);
    case arrow::Type::INT16:
      return FitIntegers<arrow::Int16Type>(array, from, context);
    case arrow::Type::INT32:
      return FitIntegers<arrow::Int32Type>(array, from, context);
    case arrow::Type::INT64:
      return FitIntegers<arrow::Int64Type>(array, from, context);
    case arrow::Type::UINT8:
      return FitIntegers<arrow::UInt8Type>(array, from, context);
    case arrow::Type::UINT16:
      return FitIntegers<arrow::UInt16Type>(array, from, context);
    case arrow::Type::UINT32:
      return FitIntegers<arrow::UInt32Type>(array, from, context);
    case arrow::Type::UINT64:
      return FitIntegers<arrow::UInt64Type>(array, from, context);
    case arrow::Type::FLOAT:
      return FitFloats<arrow::FloatType>(array, from, context);
    case arrow::Type::DOUBLE:
      return FitFloats<arrow::DoubleType>(array, from, context);
    case arrow::Type::DECIMAL128:
      return FitDecimals<arrow::Decimal128Builder, arrow::Decimal128>(array, from, type, context);
    default:
      return FitDecimals<arrow::Decimal256Builder, arrow::Decimal256>(array, from, type, context);
  }
}

}  // namespace

Fitted FitValues(const ArrayPtr& array, const arrow::Field& from, const arrow::Field& to,
                 const ConvertContext& context) {
  const TypePtr& type = to.type();
  if (!cloudquery::Note(from, cloudquery::kNullTypedKey).empty()) {
    ARROW_ASSIGN_OR_RAISE(auto nulls, arrow::MakeArrayOfNull(type, array->length(), context.pool));
    return FittedValues{.values = std::move(nulls)};
  }
  if (IsJsonField(to)) return FitJson(array, from, context);
  if (!IsPlain(to)) return FitUuids(array, from, context);
  if (IsPlain(from)) {
    if (ArrayPtr values = FitAtOnce(array, type, context)) {
      return FittedValues{.values = std::move(values)};
    }
  }
  if (IsNumber(*type)) return FitNumbers(array, from, type, context);
  if (type->id() == arrow::Type::BOOL) {
    return Build<arrow::BooleanBuilder>(array, from, type, &ParseBool, context);
  }
  if (type->id() == arrow::Type::STRING) return FitTexts(array, from, context);
  if (type->id() == arrow::Type::BINARY) return FitBytes(array, from, context);
  return FitTimes(array, from, type, context);
}

}  // namespace source
