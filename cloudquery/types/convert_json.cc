#include "cloudquery/types/convert_json.h"

#include <charconv>
#include <cmath>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "arrow/array/builder_binary.h"
#include "arrow/type_traits.h"
#include "arrow/util/base64.h"
#include "arrow/util/checked_cast.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cloudquery/types/convert_time_text.h"

namespace cloudquery {
namespace {

using arrow::internal::checked_cast;

// Made once for each array, so that its type is looked up once.
using Writer = JsonAppender;

arrow::Result<Writer> WriterOf(const TypeRule& rule, const ArrayPtr& array);

void AppendQuoted(std::string_view plain, std::string* out) {
  *out += '"';
  *out += plain;
  *out += '"';
}

template <typename Number>
void AppendNumber(Number number, std::string* out) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (std::isnan(number)) return AppendQuoted("NaN", out);
    if (std::isinf(number)) return AppendQuoted(number > 0 ? "+Inf" : "-Inf", out);
  }
  char text[64];
  out->append(text, std::to_chars(text, text + sizeof(text), number).ptr);
}

// A writer that calls append(array, row, out).
template <typename ArrayType, typename Append>
Writer Of(const ArrayPtr& array, Append append) {
  return [values = std::static_pointer_cast<ArrayType>(array), append = std::move(append)](
             int64_t row, std::string* out) { append(*values, row, out); };
}

template <typename ArrayType>
Writer NumberWriter(const ArrayPtr& array) {
  return Of<ArrayType>(array, [](const ArrayType& values, int64_t row, std::string* out) {
    AppendNumber(values.Value(row), out);
  });
}

template <typename ArrayType>
Writer DecimalWriter(const ArrayPtr& array) {
  return Of<ArrayType>(array, [](const ArrayType& values, int64_t row, std::string* out) {
    AppendQuoted(values.FormatValue(row), out);
  });
}

// Writes the text that `to_text` makes of a number, or the number itself if the text is empty.
template <typename ArrayType, typename ToText>
Writer TimeWriter(const ArrayPtr& array, ToText to_text) {
  return Of<ArrayType>(array, [to_text](const ArrayType& values, int64_t row, std::string* out) {
    const std::string text = to_text(values.Value(row));
    if (text.empty()) {
      AppendNumber(values.Value(row), out);
    } else {
      AppendQuoted(text, out);
    }
  });
}

Writer TimestampWriter(const ArrayPtr& array) {
  const auto& type = checked_cast<const arrow::TimestampType&>(*array->type());
  return TimeWriter<arrow::TimestampArray>(
      array, [unit = type.unit(), utc = !type.timezone().empty()](int64_t value) {
        return TimestampText(value, unit, utc);
      });
}

Writer BytesWriter(const TypeRule& rule, const ArrayPtr& array) {
  using Fixed = arrow::FixedSizeBinaryArray;
  if (rule.extension == ExtensionType::kJson) {
    return Of<arrow::BinaryArray>(array, [](const auto& values, int64_t row, std::string* out) {
      *out += values.GetView(row);
    });
  }
  if (rule.extension == ExtensionType::kUuid) {
    return Of<Fixed>(array, [](const Fixed& values, int64_t row, std::string* out) {
      AppendQuoted(UuidText(values.GetView(row)), out);
    });
  }
  if (array->type_id() == arrow::Type::FIXED_SIZE_BINARY) {
    return Of<Fixed>(array, [](const Fixed& values, int64_t row, std::string* out) {
      AppendQuoted(arrow::util::base64_encode(values.GetView(row)), out);
    });
  }
  return Of<arrow::BinaryArray>(array, [](const auto& values, int64_t row, std::string* out) {
    AppendQuoted(arrow::util::base64_encode(values.GetView(row)), out);
  });
}

arrow::Result<Writer> StructWriter(const TypeRule& rule, const ArrayPtr& array) {
  const auto& structs = checked_cast<const arrow::StructArray&>(*array);
  std::vector<std::string> keys;
  std::vector<Writer> fields;
  for (int i = 0; i < structs.num_fields(); ++i) {
    std::string key = i > 0 ? "," : "";
    AppendJsonString(structs.struct_type()->field(i)->name(), &key);
    key += ':';
    keys.push_back(std::move(key));
    ARROW_ASSIGN_OR_RAISE(fields.emplace_back(), WriterOf(rule.children[i], structs.field(i)));
  }
  return [keys = std::move(keys), fields = std::move(fields)](int64_t row, std::string* out) {
    *out += '{';
    for (size_t i = 0; i < fields.size(); ++i) {
      *out += keys[i];
      fields[i](row, out);
    }
    *out += '}';
  };
}

// For maps too, which are lists of {key, value}.
arrow::Result<Writer> ListWriter(const TypeRule& rule, const ArrayPtr& array) {
  auto lists = std::static_pointer_cast<arrow::ListArray>(array);
  ARROW_ASSIGN_OR_RAISE(Writer item, WriterOf(rule.children[0], lists->values()));
  return [lists, item = std::move(item)](int64_t row, std::string* out) {
    const int64_t begin = lists->value_offset(row);
    const int64_t end = lists->value_offset(row + 1);
    *out += '[';
    for (int64_t i = begin; i < end; ++i) {
      if (i > begin) *out += ',';
      item(i, out);
    }
    *out += ']';
  };
}

// Null if the array has no numbers.
Writer NumberWriterOf(const ArrayPtr& array) {
  switch (array->type_id()) {
    case arrow::Type::INT8:
      return NumberWriter<arrow::Int8Array>(array);
    case arrow::Type::INT16:
      return NumberWriter<arrow::Int16Array>(array);
    case arrow::Type::INT32:
      return NumberWriter<arrow::Int32Array>(array);
    case arrow::Type::INT64:
      return NumberWriter<arrow::Int64Array>(array);
    case arrow::Type::UINT8:
      return NumberWriter<arrow::UInt8Array>(array);
    case arrow::Type::UINT16:
      return NumberWriter<arrow::UInt16Array>(array);
    case arrow::Type::UINT32:
      return NumberWriter<arrow::UInt32Array>(array);
    case arrow::Type::UINT64:
      return NumberWriter<arrow::UInt64Array>(array);
    case arrow::Type::FLOAT:
      return NumberWriter<arrow::FloatArray>(array);
    case arrow::Type::DOUBLE:
      return NumberWriter<arrow::DoubleArray>(array);
    case arrow::Type::DECIMAL128:
      return DecimalWriter<arrow::Decimal128Array>(array);
    case arrow::Type::DECIMAL256:
      return DecimalWriter<arrow::Decimal256Array>(array);
    default:
      return nullptr;
  }
}

arrow::Result<Writer> ValueWriter(const TypeRule& rule, const ArrayPtr& array) {
  if (Writer number = NumberWriterOf(array)) return number;
  switch (array->type_id()) {
    case arrow::Type::BOOL:
      return Of<arrow::BooleanArray>(array, [](const auto& values, int64_t row, std::string* out) {
        *out += values.Value(row) ? "true" : "false";
      });
    case arrow::Type::DATE32:
      return TimeWriter<arrow::Date32Array>(array, [](int32_t days) { return DateText(days); });
    case arrow::Type::TIME32:
      return TimeWriter<arrow::Time32Array>(
          array, [](int32_t value) { return TimeOfDayText(value, arrow::TimeUnit::MILLI); });
    case arrow::Type::TIME64:
      return TimeWriter<arrow::Time64Array>(
          array, [](int64_t value) { return TimeOfDayText(value, arrow::TimeUnit::MICRO); });
    case arrow::Type::TIMESTAMP:
      return TimestampWriter(array);
    case arrow::Type::STRING:
      return Of<arrow::StringArray>(array, [](const auto& values, int64_t row, std::string* out) {
        AppendJsonString(values.GetView(row), out);
      });
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
      return BytesWriter(rule, array);
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return ListWriter(rule, array);
    case arrow::Type::STRUCT:
      return StructWriter(rule, array);
    default:
      return arrow::Status::NotImplemented("no JSON for values of type ", *array->type());
  }
}

arrow::Result<Writer> WriterOf(const TypeRule& rule, const ArrayPtr& array) {
  const bool decodes =
      rule.conversion == Conversion::kDictionary || rule.conversion == Conversion::kRunEnds;
  if (decodes) return WriterOf(rule.children[0], array);
  ARROW_ASSIGN_OR_RAISE(Writer value, ValueWriter(rule, array));
  if (array->null_count() == 0) return value;
  return [array, value = std::move(value)](int64_t row, std::string* out) {
    if (array->IsNull(row)) {
      *out += "null";
    } else {
      value(row, out);
    }
  };
}

template <typename IsNull>
arrow::Result<ArrayPtr> WriteRows(int64_t rows, IsNull is_null, const Writer& writer,
                                  const ConvertContext& context) {
  arrow::BinaryBuilder builder(context.pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(rows));
  std::string text;
  for (int64_t row = 0; row < rows; ++row) {
    if (is_null(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    text.clear();
    writer(row, &text);
    ARROW_RETURN_NOT_OK(builder.Append(text));
  }
  return builder.Finish();
}

arrow::Result<ArrayPtr> WriteUnions(const TypeRule& rule, const ArrayPtr& array,
                                    const ConvertContext& context) {
  const auto& unions = checked_cast<const arrow::UnionArray&>(*array);
  const auto* dense = unions.mode() == arrow::UnionMode::DENSE
                          ? &checked_cast<const arrow::DenseUnionArray&>(unions)
                          : nullptr;
  const auto child_row = [&](int64_t row) { return dense ? dense->value_offset(row) : row; };
  arrow::ArrayVector members;
  std::vector<Writer> writers;
  for (int i = 0; i < unions.num_fields(); ++i) {
    ARROW_ASSIGN_OR_RAISE(members.emplace_back(),
                          ConvertArray(rule.children[i], unions.field(i), context));
    ARROW_ASSIGN_OR_RAISE(writers.emplace_back(), WriterOf(rule.children[i], members[i]));
  }
  return WriteRows(
      unions.length(),
      [&](int64_t row) { return members[unions.child_id(row)]->IsNull(child_row(row)); },
      [&](int64_t row, std::string* out) { writers[unions.child_id(row)](child_row(row), out); },
      context);
}

bool MustBeEscaped(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void AppendEscaped(char c, std::string* out) {
  using base::kHexDigits;
  if (c == '"' || c == '\\') {
    *out += {'\\', c};
  } else {
    *out += {'\\', 'u', '0', '0', kHexDigits[c >> 4], kHexDigits[c & 0xF]};
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  if (!base::IsValidUtf8(text)) return AppendJsonString(base::ReplaceInvalidUtf8(text), out);
  *out += '"';
  size_t plain_from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!MustBeEscaped(text[i])) continue;
    *out += text.substr(plain_from, i - plain_from);
    AppendEscaped(text[i], out);
    plain_from = i + 1;
  }
  *out += text.substr(plain_from);
  *out += '"';
}

arrow::Result<JsonAppender> MakeJsonAppender(const arrow::Field& field, const ArrayPtr& array,
                                             const ConvertContext& context) {
  const TypeRule rule = RuleFor(field, {.nested_lists = NestedLists::kList});
  ARROW_ASSIGN_OR_RAISE(const ArrayPtr values, ConvertArray(rule, array, context));
  return WriterOf(rule, values);
}

arrow::Result<ArrayPtr> WriteJson(const TypeRule& rule, const ArrayPtr& array,
                                  const ConvertContext& context) {
  if (arrow::is_union(array->type_id())) return WriteUnions(rule, array, context);
  // Structs are written here only if they have no fields.
  ArrayPtr values = array;
  Writer writer = [](int64_t row, std::string* out) { *out += "{}"; };
  if (!rule.children.empty()) {
    ARROW_ASSIGN_OR_RAISE(values, ConvertArray(rule.children[0], array, context));
    ARROW_ASSIGN_OR_RAISE(writer, WriterOf(rule.children[0], values));
  }
  return WriteRows(
      values->length(), [&](int64_t row) { return values->IsNull(row); }, writer, context);
}

}  // namespace cloudquery
