// Tables and columns as CloudQuery knows them, and their Arrow schema with the metadata that the
// CLI and destinations read. Values; safe to copy between threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/type.h"

namespace cloudquery {

/// Metadata keys, as plugin-sdk's schema/table.go and schema/arrow.go name them.
inline constexpr std::string_view kTableNameKey = "cq:table_name";
inline constexpr std::string_view kTableTitleKey = "cq:table_title";
inline constexpr std::string_view kTableDescriptionKey = "cq:table_description";
inline constexpr std::string_view kTableDependsOnKey = "cq:table_depends_on";
inline constexpr std::string_view kTablePaidKey = "cq:table_paid";
inline constexpr std::string_view kTablePermissionsKey = "cq:table_permissions_needed";
inline constexpr std::string_view kTableSensitiveColumnsKey = "cq:table_sensitive_columns";
inline constexpr std::string_view kConstraintNameKey = "cq:extension:constraint_name";
/// On a schema: the table is incremental. On a field: the column is an incremental key.
inline constexpr std::string_view kIncrementalKey = "cq:extension:incremental";
inline constexpr std::string_view kPrimaryKeyKey = "cq:extension:primary_key";
inline constexpr std::string_view kUniqueKey = "cq:extension:unique";
inline constexpr std::string_view kPrimaryKeyComponentKey = "cq:extension:primary_key_component";
inline constexpr std::string_view kTypeSchemaKey = "cq:extension:type_schema";

struct Column {
  /// Name, Arrow type and, for extension types, the ARROW:extension:* metadata. Its nullability is
  /// the column's NOT NULL.
  std::shared_ptr<arrow::Field> field;
  std::string description;
  bool primary_key = false;
  bool unique = false;
  bool incremental_key = false;
  bool primary_key_component = false;
  /// Shape of a JSON column, as JSON; empty: not described.
  std::string type_schema;
};

struct Table {
  std::string name;
  std::string title;
  std::string description;
  /// Name of the parent table; empty at top level.
  std::string depends_on;
  /// A sync may leave rows out that it sent before. Only then, and only with a state backend, does
  /// the CLI spare the table's older rows from stale deletion.
  bool incremental = false;
  bool paid = false;
  std::string constraint_name;
  std::vector<std::string> permissions_needed;
  std::vector<std::string> sensitive_columns;
  std::vector<Column> columns;
};

/// `_cq_id`: NOT NULL, UNIQUE, primary key.
Column CqIdColumn();
/// `_cq_parent_id`: nullable.
Column CqParentIdColumn();

/// The schema of the migrate message and of every record of the table alike: destinations decide by
/// the record's own metadata whether they insert or upsert.
std::shared_ptr<arrow::Schema> ToArrowSchema(const Table& table);

}  // namespace cloudquery
