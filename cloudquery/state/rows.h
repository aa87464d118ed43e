// The rows of a state table as Arrow records. The table has the columns key (utf8, primary key),
// value (utf8) and version (uint64). Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "cloudquery/table.h"

namespace cloudquery {

struct StateRow {
  std::string key;
  std::string value;
  uint64_t version = 0;

  bool operator==(const StateRow&) const = default;
};
using StateRowVisitor = std::function<void(StateRow)>;

/// The table that holds the rows.
Table StateTable(const std::string& name);

/// One batch of `schema`, which is that of StateTable().
[[nodiscard]] arrow::Result<std::shared_ptr<arrow::RecordBatch>> EncodeStateRows(
    const std::vector<StateRow>& rows, const std::shared_ptr<arrow::Schema>& schema);

/// Visits the rows of a record, a complete IPC stream, in their order. Columns are found by their
/// position, since a database may write names in its own way. Their types may be the nearest ones
/// that the database has: any layout of strings, int64 for the version. A null is an empty text, or
/// version 0. kCorrupt: the columns are not those of a state table; an Arrow error: the record is
/// not a valid IPC stream.
[[nodiscard]] arrow::Status VisitStateRows(std::string_view record, const StateRowVisitor& visit);

}  // namespace cloudquery
