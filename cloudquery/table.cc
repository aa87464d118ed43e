#include "cloudquery/table.h"

#include <nlohmann/json.hpp>

#include "arrow/util/key_value_metadata.h"
#include "cloudquery/types/extension_types.h"

namespace cloudquery {
namespace {

std::string Flag(bool value) { return value ? "true" : "false"; }

// The Go SDK writes an empty list as null.
std::string JsonList(const std::vector<std::string>& values) {
  return values.empty() ? "null" : nlohmann::json(values).dump();
}

void Set(arrow::KeyValueMetadata* metadata, std::string_view key, std::string value) {
  metadata->Append(std::string(key), std::move(value));
}

std::shared_ptr<arrow::Field> ToArrowField(const Column& column) {
  auto metadata = column.field->metadata() ? column.field->metadata()->Copy()
                                           : std::make_shared<arrow::KeyValueMetadata>();
  Set(metadata.get(), kPrimaryKeyKey, Flag(column.primary_key));
  Set(metadata.get(), kUniqueKey, Flag(column.unique));
  Set(metadata.get(), kIncrementalKey, Flag(column.incremental_key));
  Set(metadata.get(), kPrimaryKeyComponentKey, Flag(column.primary_key_component));
  Set(metadata.get(), kTypeSchemaKey, column.type_schema);
  return column.field->WithMetadata(std::move(metadata));
}

}  // namespace

Column CqIdColumn() {
  return Column{.field = UuidField(std::string(kCqId))->WithNullable(false),
                .description = "Identifies the row",
                .primary_key = true,
                .unique = true};
}

Column CqParentIdColumn() {
  return Column{.field = UuidField(std::string(kCqParentId)),
                .description = "The parent row's _cq_id; null at top level"};
}

std::shared_ptr<arrow::Schema> ToArrowSchema(const Table& table) {
  arrow::FieldVector fields;
  fields.reserve(table.columns.size());
  for (const Column& column : table.columns) fields.push_back(ToArrowField(column));

  auto metadata = std::make_shared<arrow::KeyValueMetadata>();
  Set(metadata.get(), kTableNameKey, table.name);
  Set(metadata.get(), kTableDescriptionKey, table.description);
  Set(metadata.get(), kTableTitleKey, table.title);
  Set(metadata.get(), kConstraintNameKey, table.constraint_name);
  Set(metadata.get(), kTablePermissionsKey, JsonList(table.permissions_needed));
  Set(metadata.get(), kTableSensitiveColumnsKey, JsonList(table.sensitive_columns));
  if (!table.depends_on.empty()) Set(metadata.get(), kTableDependsOnKey, table.depends_on);
  if (table.incremental) Set(metadata.get(), kIncrementalKey, Flag(true));
  if (table.paid) Set(metadata.get(), kTablePaidKey, Flag(true));
  return arrow::schema(std::move(fields), std::move(metadata));
}

}  // namespace cloudquery
