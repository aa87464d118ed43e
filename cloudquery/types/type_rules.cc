#include "cloudquery/types/type_rules.h"

#include <algorithm>
#include <utility>

#include "arrow/extension_type.h"
#include "arrow/type_traits.h"
#include "arrow/util/checked_cast.h"
#include "arrow/util/key_value_metadata.h"
#include "base/int96_type.h"
#include "cloudquery/types/column_names.h"

namespace cloudquery {
namespace {

using arrow::internal::checked_cast;

TypeRule Plain(Conversion conversion, std::shared_ptr<arrow::DataType> type) {
  return TypeRule{.type = std::move(type), .conversion = conversion};
}

TypeRule Extended(Conversion conversion, ExtensionType extension) {
  return TypeRule{
      .type = ExtensionStorage(extension), .extension = extension, .conversion = conversion};
}

// Values are converted by `children` before they are written as JSON. Lists may nest there.
TypeRule Json(std::vector<TypeRule> children) {
  TypeRule rule = Extended(Conversion::kWriteJson, ExtensionType::kJson);
  for (const TypeRule& child : children) {
    rule.notes.insert(rule.notes.end(), child.notes.begin(), child.notes.end());
  }
  rule.children = std::move(children);
  return rule;
}
constexpr NormalizeOptions kInsideJson = {.nested_lists = NestedLists::kList};

bool IsTextOrBytes(const arrow::DataType& type) {
  return arrow::is_base_binary_like(type.id()) || arrow::is_binary_view_like(type.id());
}

TypeRule DecimalRule(const arrow::DecimalType& type) {
  const int64_t scale = type.scale();
  const int64_t digits = type.precision() + std::max<int64_t>(0, -scale);
  const bool is_emitted_as_it_is =
      (type.id() == arrow::Type::DECIMAL128 || type.id() == arrow::Type::DECIMAL256) && scale >= 0;
  if (is_emitted_as_it_is) return Plain(Conversion::kInRange, type.GetSharedPtr());
  if (digits > arrow::Decimal256Type::kMaxPrecision) {
    return Plain(Conversion::kDecimalText, arrow::utf8());
  }
  const bool wide =
      digits > arrow::Decimal128Type::kMaxPrecision || type.id() == arrow::Type::DECIMAL256;
  const auto precision = static_cast<int32_t>(digits);
  const auto new_scale = static_cast<int32_t>(std::max<int64_t>(0, scale));
  return Plain(Conversion::kDecimal, wide ? arrow::decimal256(precision, new_scale)
                                          : arrow::decimal128(precision, new_scale));
}

TypeRule TimestampRule(const arrow::TimestampType& type) {
  const bool seconds = type.unit() == arrow::TimeUnit::SECOND;
  const auto unit = seconds ? arrow::TimeUnit::MILLI : type.unit();
  // A zone only says how to show an instant. Every destination shows UTC.
  return Plain(seconds ? Conversion::kScale : Conversion::kKeep,
               arrow::timestamp(unit, type.timezone().empty() ? "" : "UTC"));
}

TypeRule NumberOf(std::shared_ptr<arrow::DataType> number, const arrow::DataType& source) {
  TypeRule rule = Plain(Conversion::kKeep, std::move(number));
  rule.meaning = source.ToString();
  return rule;
}

TypeRule IntervalRule(const arrow::FieldVector& parts) {
  TypeRule rule = Plain(Conversion::kIntervalFields, arrow::struct_(parts));
  for (const auto& part : parts) rule.children.push_back(Plain(Conversion::kKeep, part->type()));
  return rule;
}

TypeRule ListRule(const arrow::DataType& type, const NormalizeOptions& options) {
  const auto& item_field = checked_cast<const arrow::BaseListType&>(type).value_field();
  const bool is_nested = RuleFor(*item_field, kInsideJson).type->id() == arrow::Type::LIST;
  if (is_nested && options.nested_lists == NestedLists::kJson) {
    return Json({ListRule(type, kInsideJson)});
  }
  TypeRule item = RuleFor(*item_field, options);
  TypeRule rule = Plain(Conversion::kList, arrow::list(EmittedField(item, "item")));
  rule.notes = item.notes;
  rule.children.push_back(std::move(item));
  return rule;
}

TypeRule StructRule(const arrow::StructType& type, const NormalizeOptions& options) {
  // Parquet cannot store an empty struct, and no destination can make a column of it.
  if (type.num_fields() == 0) return Json({});
  std::vector<std::string> names;
  for (const auto& field : type.fields()) names.push_back(field->name());
  const std::vector<EmittedName> emitted = EmittedFieldNames(names);

  TypeRule rule{.conversion = Conversion::kStruct};
  arrow::FieldVector fields;
  for (int i = 0; i < type.num_fields(); ++i) {
    TypeRule child = RuleFor(*type.field(i), options);
    fields.push_back(EmittedField(child, emitted[i].name));
    if (!emitted[i].why.empty()) {
      rule.notes.push_back("field \"" + names[i] + "\" is sent as \"" + emitted[i].name +
                           "\": " + std::string(emitted[i].why));
    }
    rule.notes.insert(rule.notes.end(), child.notes.begin(), child.notes.end());
    rule.children.push_back(std::move(child));
  }
  rule.type = arrow::struct_(fields);
  return rule;
}

TypeRule MapRule(const arrow::MapType& type, const NormalizeOptions& options) {
  TypeRule key = RuleFor(*type.key_field(), options);
  TypeRule item = RuleFor(*type.item_field(), options);
  TypeRule rule = Plain(Conversion::kList, std::make_shared<arrow::MapType>(
                                               EmittedField(key, "key")->WithNullable(false),
                                               EmittedField(item, "value"), /*keys_sorted=*/false));
  rule.notes = key.notes;
  rule.notes.insert(rule.notes.end(), item.notes.begin(), item.notes.end());
  TypeRule entries =
      Plain(Conversion::kStruct, checked_cast<const arrow::MapType&>(*rule.type).value_type());
  entries.children = {std::move(key), std::move(item)};
  rule.children.push_back(std::move(entries));
  return rule;
}

TypeRule UnionRule(const arrow::DataType& type) {
  std::vector<TypeRule> members;
  for (const auto& field : type.fields()) members.push_back(RuleFor(*field, kInsideJson));
  return Json(std::move(members));
}

// The rule of the decoded values.
TypeRule DecodeRule(Conversion conversion, const arrow::Field& values,
                    const NormalizeOptions& options) {
  TypeRule value = RuleFor(values, options);
  TypeRule rule{.type = value.type,
                .extension = value.extension,
                .conversion = conversion,
                .meaning = value.meaning,
                .notes = value.notes};
  rule.children.push_back(std::move(value));
  return rule;
}

TypeRule TimeRule(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::DATE64:
      return Plain(Conversion::kScale, arrow::date32());
    case arrow::Type::TIME32:
      return Plain(type->Equals(arrow::time32(arrow::TimeUnit::MILLI)) ? Conversion::kInRange
                                                                       : Conversion::kScale,
                   arrow::time32(arrow::TimeUnit::MILLI));
    case arrow::Type::TIME64:
      // As text, since PostgreSQL cuts times to microseconds. All destinations show times as text.
      if (type->Equals(arrow::time64(arrow::TimeUnit::NANO))) {
        return Plain(Conversion::kTimeText, arrow::utf8());
      }
      return Plain(Conversion::kInRange, type);
    case arrow::Type::TIMESTAMP:
      return TimestampRule(checked_cast<const arrow::TimestampType&>(*type));
    case arrow::Type::DURATION:
      return NumberOf(arrow::int64(), *type);
    case arrow::Type::INTERVAL_MONTHS:
      return NumberOf(arrow::int32(), *type);
    case arrow::Type::INTERVAL_DAY_TIME:
      return IntervalRule(
          {arrow::field("days", arrow::int32()), arrow::field("milliseconds", arrow::int32())});
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return IntervalRule({arrow::field("months", arrow::int32()),
                           arrow::field("days", arrow::int32()),
                           arrow::field("nanoseconds", arrow::int64())});
    default:
      return Json({});
  }
}

TypeRule ScalarRule(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::DATE32:
      return Plain(Conversion::kKeep, type);
    case arrow::Type::NA:
      return Plain(Conversion::kAllNull, arrow::utf8());
    case arrow::Type::HALF_FLOAT:
      return Plain(Conversion::kFloat16, arrow::float32());
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return DecimalRule(checked_cast<const arrow::DecimalType&>(*type));
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return Plain(Conversion::kText, arrow::utf8());
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return Plain(Conversion::kBytes, arrow::binary());
    default:
      return TimeRule(type);
  }
}

TypeRule StorageRule(const std::shared_ptr<arrow::DataType>& type,
                     const NormalizeOptions& options) {
  switch (type->id()) {
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::LIST_VIEW:
    case arrow::Type::LARGE_LIST_VIEW:
    case arrow::Type::FIXED_SIZE_LIST:
      return ListRule(*type, options);
    case arrow::Type::STRUCT:
      return StructRule(checked_cast<const arrow::StructType&>(*type), options);
    case arrow::Type::MAP:
      return MapRule(checked_cast<const arrow::MapType&>(*type), options);
    case arrow::Type::DICTIONARY:
      return DecodeRule(
          Conversion::kDictionary,
          *arrow::field("", checked_cast<const arrow::DictionaryType&>(*type).value_type()),
          options);
    case arrow::Type::RUN_END_ENCODED:
      return DecodeRule(
          Conversion::kRunEnds,
          *arrow::field("", checked_cast<const arrow::RunEndEncodedType&>(*type).value_type()),
          options);
    case arrow::Type::SPARSE_UNION:
    case arrow::Type::DENSE_UNION:
      return UnionRule(*type);
    case arrow::Type::EXTENSION:
      return RuleFor(*arrow::field("", type), options);
    default:
      return ScalarRule(type);
  }
}

std::string FieldText(const arrow::Field& field, const TypeRule& rule) {
  return field.name() + ": " + TypeText(rule);
}

std::string StorageText(const TypeRule& rule) {
  const arrow::DataType& type = *rule.type;
  switch (rule.type->id()) {
    case arrow::Type::STRING:
      return "utf8";
    case arrow::Type::LIST:
      return "list<" + FieldText(*type.field(0), rule.children[0]) + ">";
    case arrow::Type::MAP:
      return "map<" + TypeText(rule.children[0].children[0]) + ", " +
             TypeText(rule.children[0].children[1]) + ">";
    case arrow::Type::STRUCT: {
      std::string text = "struct<";
      for (int i = 0; i < type.num_fields(); ++i) {
        text += (i > 0 ? ", " : "") + FieldText(*type.field(i), rule.children[i]);
      }
      return text + ">";
    }
    default:
      return type.ToString();
  }
}

}  // namespace

Annotated Unwrap(const arrow::Field& field) {
  std::shared_ptr<arrow::DataType> type = field.type();
  if (type->id() == arrow::Type::EXTENSION) {
    const auto& extension = checked_cast<const arrow::ExtensionType&>(*type);
    return {extension.extension_name(), extension.storage_type()};
  }
  std::string name;
  if (field.metadata() != nullptr) {
    name = field.metadata()->Get(std::string(kExtensionNameKey)).ValueOr("");
  }
  return {std::move(name), std::move(type)};
}

TypeRule RuleFor(const arrow::Field& field, const NormalizeOptions& options) {
  const Annotated annotated = Unwrap(field);
  const std::string& name = annotated.extension_name;
  const arrow::DataType& storage = *annotated.storage;
  if ((name == "arrow.uuid" || name == "uuid") &&
      storage.Equals(ExtensionStorage(ExtensionType::kUuid))) {
    return Extended(Conversion::kKeep, ExtensionType::kUuid);
  }
  if ((name == "arrow.json" || name == "json") && IsTextOrBytes(storage)) {
    return Extended(Conversion::kJsonText, ExtensionType::kJson);
  }
  // Without a zone, since a file does not tell it, and in the usual unit of TIMESTAMP columns.
  if (name == base::kInt96Name && storage.Equals(arrow::fixed_size_binary(base::kInt96Bytes))) {
    return Plain(Conversion::kInt96, arrow::timestamp(arrow::TimeUnit::MICRO));
  }
  if (name == "arrow.bool8" && storage.id() == arrow::Type::INT8) {
    return Plain(Conversion::kTruth, arrow::boolean());
  }
  return StorageRule(annotated.storage, options);
}

std::shared_ptr<arrow::Field> EmittedField(const TypeRule& rule, std::string name) {
  if (rule.extension == ExtensionType::kNone) return arrow::field(std::move(name), rule.type);
  return ExtensionField(rule.extension, std::move(name));
}

std::string TypeText(const TypeRule& rule) {
  if (rule.extension != ExtensionType::kNone) return std::string(ExtensionName(rule.extension));
  // The text of a decoded type is that of its values.
  const bool decodes =
      rule.conversion == Conversion::kDictionary || rule.conversion == Conversion::kRunEnds;
  if (decodes) return TypeText(rule.children[0]);
  return StorageText(rule) + (rule.meaning.empty() ? "" : " (" + rule.meaning + ")");
}

}  // namespace cloudquery
