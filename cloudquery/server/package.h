// The `doc` and `package` commands: what `cloudquery plugin publish` takes from a plugin.
#pragma once

#include <string>
#include <vector>

#include "arrow/result.h"
#include "cloudquery/source.h"

namespace cloudquery {

struct PackageOptions {
  /// Markdown shown with the release, or @ and the name of a file that holds it.
  std::string message;
  /// "v1.2.3".
  std::string version;
  /// The plugin's project directory.
  std::string directory;
  /// Where the package goes; empty: `dist` in the project directory.
  std::string dist_directory;
  /// Markdown pages to pack, of the top level only; empty: `docs` in the project directory.
  std::string docs_directory;
};

/// Writes package.json, tables.json, spec_json_schema.json, docs/ and the zipped executable of this
/// very process, in the layout of plugin-sdk's serve/package.go. kConfig: an option is wrong.
[[nodiscard]] arrow::Status WritePackage(const PackageOptions& options, const PluginInfo& info,
                                         Source& source);

/// Writes `__tables.json` into a directory, which is made if need be.
[[nodiscard]] arrow::Status WriteTableDocs(const std::string& directory, Source& source);

/// The tables as JSON, as tables.json has them (plugin-sdk, serve/package.go). Relations are named,
/// not nested.
std::string TablesJson(const std::vector<Table>& tables);

}  // namespace cloudquery
