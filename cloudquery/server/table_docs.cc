#include "cloudquery/server/table_docs.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "arrow/util/key_value_metadata.h"
#include "cloudquery/types/extension_types.h"

namespace cloudquery {
namespace {

using Json = nlohmann::ordered_json;

std::string TypeOf(const arrow::Field& field) {
  if (field.metadata() != nullptr) {
    const auto extension = field.metadata()->Get(std::string(kExtensionNameKey));
    if (extension.ok()) return *extension;
  }
  return field.type()->id() == arrow::Type::STRING ? "utf8" : field.type()->ToString();
}

Json ColumnJson(const Column& column) {
  Json json = {{"name", column.field->name()},
               {"description", column.description},
               {"type", TypeOf(*column.field)},
               {"primary_key", column.primary_key},
               {"not_null", !column.field->nullable()},
               {"unique", column.unique},
               {"incremental_key", column.incremental_key}};
  if (!column.type_schema.empty()) json["type_schema"] = column.type_schema;
  return json;
}

Json TableJson(const Table& table, const std::vector<Table>& all) {
  Json columns = Json::array(), relations = Json::array();
  for (const Column& column : table.columns) columns.push_back(ColumnJson(column));
  for (const Table& other : all) {
    if (other.depends_on == table.name) relations.push_back(other.name);
  }
  Json json = {{"name", table.name},
               {"title", table.title},
               {"description", table.description},
               {"is_incremental", table.incremental},
               {"is_paid", table.paid},
               {"relations", std::move(relations)},
               {"permissions_needed", table.permissions_needed},
               {"sensitive_columns", table.sensitive_columns},
               {"columns", std::move(columns)}};
  if (!table.depends_on.empty()) json["parent"] = table.depends_on;
  return json;
}

// `key` only if `value` is not false or empty, as Go's omitempty.
void AddUnlessEmpty(Json& json, const char* key, Json value) {
  if (value == false || value == "" || value == Json::array()) return;
  json[key] = std::move(value);
}

Json ColumnDocs(const Column& column, bool has_components) {
  const std::string& name = column.field->name();
  const bool replaced = name == kCqId && has_components;
  Json json = {{"name", name}, {"type", TypeOf(*column.field)}};
  AddUnlessEmpty(json, "is_primary_key",
                 (column.primary_key && !replaced) || column.primary_key_component);
  AddUnlessEmpty(json, "is_incremental_key", column.incremental_key);
  AddUnlessEmpty(json, "is_primary_key_component", column.primary_key_component);
  AddUnlessEmpty(json, "type_schema", column.type_schema);
  return json;
}

// The tables that depend on `parent`; empty: those that depend on none.
Json DocsOfChildren(const std::string& parent, const std::vector<Table>& all) {
  Json list = Json::array();
  for (const Table& table : all) {
    if (table.depends_on != parent) continue;
    const bool has_components =
        std::any_of(table.columns.begin(), table.columns.end(),
                    [](const Column& column) { return column.primary_key_component; });
    Json columns = Json::array();
    for (const Column& column : table.columns) {
      columns.push_back(ColumnDocs(column, has_components));
    }
    Json json = {{"name", table.name},
                 {"title", table.title},
                 {"description", table.description},
                 {"columns", std::move(columns)},
                 {"relations", DocsOfChildren(table.name, all)}};
    AddUnlessEmpty(json, "is_paid", table.paid);
    AddUnlessEmpty(json, "is_incremental", table.incremental);
    AddUnlessEmpty(json, "permissions_needed", table.permissions_needed);
    AddUnlessEmpty(json, "sensitive_columns", table.sensitive_columns);
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::string TablesJson(const std::vector<Table>& tables) {
  Json json = Json::array();
  for (const Table& table : tables) json.push_back(TableJson(table, tables));
  return json.dump(2);
}

std::string TableDocsJson(const std::vector<Table>& tables) {
  return DocsOfChildren("", tables).dump(2) + "\n";
}

}  // namespace cloudquery
