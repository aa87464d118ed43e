// The text in which a table's schema is kept in the state. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/type_rules.h"

namespace source {

/// What is remembered of a table's columns. Described, see cloudquery/types/described_columns.h.
struct SchemaRecord {
  std::shared_ptr<arrow::Schema> columns;
  /// The option that the types depend on.
  cloudquery::NestedLists nested_lists = cloudquery::NestedLists::kJson;
};

/// Version 1 of the record, as JSON on one line. `schema` is what counts: the base64 of an Arrow
/// IPC schema message. `columns` is for people.
///   {"version": 1, "nested_lists": "json", "columns": {"id": "int64"}, "schema": "<base64>"}
[[nodiscard]] arrow::Result<std::string> FormatSchemaRecord(const SchemaRecord& record);

/// kUnsupported: another version. kCorrupt: anything else that is not a valid record.
[[nodiscard]] arrow::Result<SchemaRecord> ParseSchemaRecord(std::string_view text);

}  // namespace source
