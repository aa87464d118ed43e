// Tables and columns of CloudQuery, and their Arrow schema with the metadata that the CLI and
// destinations read. Values; safe to copy between threads.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/type.h"

namespace cloudquery {

/// Metadata keys of plugin-sdk's schema/table.go and schema/arrow.go.
inline constexpr std::string_view kTableNameKey = "cq:table_name";
inline constexpr std::string_view kTableTitleKey = "cq:table_title";
inline constexpr std::string_view kTableDescriptionKey = "cq:table_description";
inline constexpr std::string_view kTableDependsOnKey = "cq:table_depends_on";
inline constexpr std::string_view kTablePaidKey = "cq:table_paid";
inline constexpr std::string_view kTablePermissionsKey = "cq:table_permissions_needed";
inline constexpr std::string_view kTableSensitiveColumnsKey = "cq:table_sensitive_columns";
inline constexpr std::string_view kConstraintNameKey = "cq:extension:constraint_name";
/// On a schema, the table is incremental; on a field, the column is an incremental key.
inline constexpr std::string_view kIncrementalKey = "cq:extension:incremental";
inline constexpr std::string_view kPrimaryKeyKey = "cq:extension:primary_key";
inline constexpr std::string_view kUniqueKey = "cq:extension:unique";
inline constexpr std::string_view kPrimaryKeyComponentKey = "cq:extension:primary_key_component";
inline constexpr std::string_view kTypeSchemaKey = "cq:extension:type_schema";

/// CloudQuery's own columns. The source makes these two: the id of the row, and the `_cq_id` of its
/// parent row.
inline constexpr std::string_view kCqId = "_cq_id";
inline constexpr std::string_view kCqParentId = "_cq_parent_id";

/// The CLI makes these. A source must not send them: the CLI would keep the source's values and
/// delete stale rows by them.
inline constexpr std::string_view kCqSyncTime = "_cq_sync_time";
inline constexpr std::string_view kCqSourceName = "_cq_source_name";
inline constexpr std::string_view kCqSyncGroupId = "_cq_sync_group_id";

/// The names that no column of the data may have.
inline constexpr std::array kInternalColumns = {kCqId, kCqParentId, kCqSyncTime, kCqSourceName,
                                                kCqSyncGroupId};

/// True for a column that the CLI adds to every record.
constexpr bool IsMadeByCli(std::string_view name) {
  return name == kCqSyncTime || name == kCqSourceName || name == kCqSyncGroupId;
}

/// True for a column of row ids.
constexpr bool IsRowId(std::string_view name) { return name == kCqId || name == kCqParentId; }

struct Column {
  /// Name, Arrow type and, for extension types, the ARROW:extension:* metadata. A field that is not
  /// nullable makes the column NOT NULL.
  std::shared_ptr<arrow::Field> field;
  std::string description;
  bool primary_key = false;
  bool unique = false;
  bool incremental_key = false;
  bool primary_key_component = false;
  /// The shape of a JSON column, as JSON; empty: not described.
  std::string type_schema;
};

struct Table {
  std::string name;
  std::string title;
  std::string description;
  /// Name of the parent table; empty at top level.
  std::string depends_on;
  /// A sync may skip rows that an earlier one sent. The CLI then keeps the table's older rows when
  /// it deletes stale rows, but only with a state backend.
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

/// The schema of the migrate message and of every record of the table. Destinations decide by the
/// metadata of a record whether they insert or upsert it.
std::shared_ptr<arrow::Schema> ToArrowSchema(const Table& table);

}  // namespace cloudquery
