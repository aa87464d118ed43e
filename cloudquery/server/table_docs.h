// Descriptions of tables as JSON, for CloudQuery's hub and for the `doc` command.
#pragma once

#include <string>
#include <vector>

#include "cloudquery/table.h"

namespace cloudquery {

/// The content of tables.json (plugin-sdk, serve/package.go). Relations are named, not nested.
std::string TablesJson(const std::vector<Table>& tables);

/// The content of __tables.json as `cloudquery tables` writes it (CLI, internal/docs/json.go).
/// Relations are nested, and what is false or empty is omitted.
std::string TableDocsJson(const std::vector<Table>& tables);

}  // namespace cloudquery
