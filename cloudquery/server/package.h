// The `doc` and `package` commands, which write the input of `cloudquery plugin publish`.
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
  /// Output directory; empty: `dist` in the project directory.
  std::string dist_directory;
  /// Directory whose Markdown pages are packed, without subdirectories; empty: `docs` in the
  /// project directory.
  std::string docs_directory;
};

/// Writes package.json, tables.json, spec_json_schema.json, docs/ and the zipped executable of this
/// process, in the layout of plugin-sdk's serve/package.go. kConfig: an option is not valid, or a
/// file cannot be read or written.
[[nodiscard]] arrow::Status WritePackage(const PackageOptions& options, const PluginInfo& info,
                                         Source& source);

/// Writes `__tables.json` into a directory, which is created if it does not exist.
[[nodiscard]] arrow::Status WriteTableDocs(const std::string& directory, Source& source);

/// The content of tables.json (plugin-sdk, serve/package.go). Relations are named, not nested.
std::string TablesJson(const std::vector<Table>& tables);

}  // namespace cloudquery
