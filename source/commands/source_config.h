// The configuration file of a sync, as far as it concerns this source.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "cloudquery/source.h"
#include "cloudquery/state/backend_plugin.h"
#include "cloudquery/table_filter.h"

namespace source {

struct SourceConfig {
  /// The `name` of the source; empty: the file is a bare spec.
  std::string name;
  /// The source's own `spec`.
  std::string spec_json;
  cloudquery::TableFilter filter;
  /// `backend_options` as they are written.
  std::optional<cloudquery::Backend> backend;
  /// The destination that backend_options name (`@@plugins.NAME.connection`), if it is in the
  /// files.
  std::optional<cloudquery::PluginConfig> backend_plugin;
};

/// The value of a variable of the environment; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads the source of a CloudQuery configuration (`kind: source`), or a bare spec, from `files`.
/// Expands `${NAME}` and `${file:PATH}` in it, as the CLI does. `name`: which source, if there are
/// several. Of the destinations only that of the state backend is expanded, if `with_backend` is
/// set. kConfig: a file cannot be read, is not valid, or has no such source, or a variable is
/// not set; the text names it and never has its value.
[[nodiscard]] arrow::Result<SourceConfig> LoadSourceConfig(const std::vector<std::string>& files,
                                                           const std::string& name,
                                                           const Environment& environment,
                                                           bool with_backend);

}  // namespace source
