#include "cloudquery/types/described_columns.h"

#include <utility>

#include "arrow/util/checked_cast.h"
#include "arrow/util/key_value_metadata.h"
#include "cloudquery/table.h"
#include "cloudquery/types/column_names.h"
#include "cloudquery/types/extension_types.h"
#include "cloudquery/types/normalizer_columns.h"

namespace cloudquery {
namespace {

using arrow::internal::checked_cast;
using FieldPtr = std::shared_ptr<arrow::Field>;

FieldPtr MapField(std::string name, const FieldPtr& key, const FieldPtr& value) {
  return arrow::field(std::move(name), std::make_shared<arrow::MapType>(
                                           key->WithNullable(false), value, /*keys_sorted=*/false));
}

FieldPtr Describe(const TypeRule& rule, std::string name) {
  if (rule.extension != ExtensionType::kNone) return EmittedField(rule, std::move(name));
  switch (rule.conversion) {
    case Conversion::kDictionary:
    case Conversion::kRunEnds:
      return Describe(rule.children[0], std::move(name));
    case Conversion::kAllNull:
      return WithNote(*arrow::field(std::move(name), rule.type), kNullTypedKey, "1");
    case Conversion::kTimeText:
      return WithNote(*arrow::field(std::move(name), rule.type), kTimeTextKey, "1");
    case Conversion::kInt96:
      return WithNote(*arrow::field(std::move(name), rule.type), kInt96Key, "1");
    case Conversion::kList: {
      const TypeRule& item = rule.children[0];
      if (rule.type->id() == arrow::Type::MAP) {
        return MapField(std::move(name), Describe(item.children[0], "key"),
                        Describe(item.children[1], "value"));
      }
      return arrow::field(std::move(name), arrow::list(Describe(item, "item")));
    }
    case Conversion::kStruct: {
      arrow::FieldVector fields;
      for (int i = 0; i < rule.type->num_fields(); ++i) {
        fields.push_back(Describe(rule.children[i], rule.type->field(i)->name()));
      }
      return arrow::field(std::move(name), arrow::struct_(std::move(fields)));
    }
    default:
      return WithNote(*arrow::field(std::move(name), rule.type), kMeaningKey, rule.meaning);
  }
}

std::shared_ptr<arrow::DataType> SentType(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::LIST:
      return arrow::list(SentField(*type.field(0), "item"));
    case arrow::Type::MAP: {
      const auto& map = checked_cast<const arrow::MapType&>(type);
      return MapField("", SentField(*map.key_field(), "key"), SentField(*map.item_field(), "value"))
          ->type();
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const FieldPtr& field : type.fields()) {
        fields.push_back(SentField(*field, field->name()));
      }
      return arrow::struct_(std::move(fields));
    }
    default:
      return type.GetSharedPtr();
  }
}

std::string StorageText(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::STRING:
      return "utf8";
    case arrow::Type::LIST:
      return "list<item: " + DescribedTypeText(*type.field(0)) + ">";
    case arrow::Type::MAP: {
      const auto& map = checked_cast<const arrow::MapType&>(type);
      return "map<" + DescribedTypeText(*map.key_field()) + ", " +
             DescribedTypeText(*map.item_field()) + ">";
    }
    case arrow::Type::STRUCT: {
      std::string text = "struct<";
      for (const FieldPtr& field : type.fields()) {
        text += (text.back() == '<' ? "" : ", ") + field->name() + ": " + DescribedTypeText(*field);
      }
      return text + ">";
    }
    default:
      return type.ToString();
  }
}

}  // namespace

std::string Note(const arrow::Field& field, std::string_view key) {
  if (field.metadata() == nullptr) return "";
  return field.metadata()->Get(std::string(key)).ValueOr("");
}

FieldPtr WithNote(const arrow::Field& field, std::string_view key, std::string_view value) {
  if (Note(field, key) == value) return field.WithMetadata(field.metadata());
  auto notes = field.metadata() == nullptr ? std::make_shared<arrow::KeyValueMetadata>()
                                           : field.metadata()->Copy();
  if (!value.empty()) {
    (void)notes->Set(std::string(key), std::string(value));
  } else if (const int index = notes->FindKey(std::string(key)); index >= 0) {
    (void)notes->Delete(index);
  }
  return field.WithMetadata(notes->size() == 0 ? nullptr : notes);
}

std::shared_ptr<arrow::Schema> DescribeColumns(const arrow::Schema& schema,
                                               const NormalizeOptions& options) {
  arrow::FieldVector fields;
  for (const PlannedColumn& column : PlanColumns(schema, options).columns) {
    fields.push_back(column.is_row_id ? UuidField(column.name)
                                      : Describe(column.rule, column.name));
  }
  return arrow::schema(std::move(fields));
}

FieldPtr SentField(const arrow::Field& described, std::string name) {
  if (const std::string extension = Note(described, kExtensionNameKey); !extension.empty()) {
    for (const auto type :
         {ExtensionType::kUuid, ExtensionType::kJson, ExtensionType::kInet, ExtensionType::kMac}) {
      if (extension == ExtensionName(type)) return ExtensionField(type, std::move(name));
    }
  }
  return arrow::field(std::move(name), SentType(*described.type()), described.nullable());
}

std::string DescribedTypeText(const arrow::Field& described) {
  const std::string extension = Note(described, kExtensionNameKey);
  if (!extension.empty()) return extension;
  const std::string meaning = Note(described, kMeaningKey);
  return StorageText(*described.type()) + (meaning.empty() ? "" : " (" + meaning + ")");
}

bool IsRowIdColumn(const arrow::Field& described) {
  return IsRowId(described.name()) &&
         Note(described, kExtensionNameKey) == ExtensionName(ExtensionType::kUuid);
}

SentColumns SendColumns(const arrow::Schema& described,
                        std::span<const std::string_view> reserved) {
  std::vector<std::string> raw;
  for (const FieldPtr& field : described.fields()) {
    if (!IsRowIdColumn(*field)) raw.push_back(field->name());
  }
  std::vector<std::string_view> taken(kInternalColumns.begin(), kInternalColumns.end());
  taken.insert(taken.end(), reserved.begin(), reserved.end());
  const std::vector<EmittedName> emitted = EmittedColumnNames(raw, taken);
  SentColumns sent;
  arrow::FieldVector fields;
  size_t next = 0;
  for (const FieldPtr& field : described.fields()) {
    if (IsRowIdColumn(*field)) {
      fields.push_back(SentField(*field, field->name()));
      continue;
    }
    const EmittedName& name = emitted[next++];
    if (!name.why.empty()) {
      sent.warnings.push_back("column \"" + field->name() + "\" is sent as \"" + name.name +
                              "\": " + std::string(name.why));
    }
    fields.push_back(SentField(*field, name.name));
  }
  sent.schema = arrow::schema(std::move(fields));
  return sent;
}

std::vector<std::string> NotesOn(const arrow::Schema& schema, const NormalizeOptions& options) {
  std::vector<std::string> notes;
  const ColumnPlan plan = PlanColumns(schema, options);
  for (const PlannedColumn& column : plan.columns) {
    for (const std::string& note : column.rule.notes) {
      notes.push_back("in column \"" + column.name + "\", " + note);
    }
  }
  for (const std::string& name : plan.skipped) {
    notes.push_back("column \"" + name +
                    "\" is skipped: CloudQuery adds its own column of that name");
  }
  return notes;
}

}  // namespace cloudquery
