// The `doc` and `package` commands, which write the input of `cloudquery plugin publish`.
#pragma once

#include <string>

#include "arrow/result.h"
#include "cloudquery/source.h"

namespace cloudquery {

struct PackageOptions {
  /// Markdown shown with the release, or @ and the name of a file that holds it.
  std::string message;
  /// "v1.2.3"; must be that of the executable.
  std::string version;
  /// The plugin's project directory.
  std::string directory;
  /// Output directory; empty: `dist` in the project directory.
  std::string dist_directory;
  /// Directory whose Markdown pages are packed, see CopyHubDocs; empty: PluginInfo::hub_docs in the
  /// project directory.
  std::string docs_directory;
};

/// Writes package.json, tables.json, spec_json_schema.json, docs/ and the zipped executable, in the
/// layout of plugin-sdk's serve/package.go. Targets of the same version with other processors stay
/// in package.json. kConfig, before anything is written: the version is not that of the executable,
/// or the executable needs a library that is not part of glibc. kConfig too: another option is not
/// valid, or a file cannot be read or written.
[[nodiscard]] arrow::Status WritePackage(const PackageOptions& options, const PluginInfo& info,
                                         Source& source);

/// Writes `__tables.json` into a directory, which is created if it does not exist.
[[nodiscard]] arrow::Status WriteTableDocs(const std::string& directory, Source& source);

}  // namespace cloudquery
