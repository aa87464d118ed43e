// The state of a source, for commands that work without the CLI.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "arrow/result.h"
#include "cloudquery/state.h"
#include "cloudquery/state/backend_plugin.h"
#include "source/commands/source_config.h"

namespace source {

struct OpenedState {
  /// Null: the backend is an address, and its plugin runs without us.
  std::unique_ptr<cloudquery::BackendPlugin> plugin;
  std::unique_ptr<cloudquery::StateStore> store;
};

/// Opens the state that `config` names; starts the plugin that keeps it if that is one of the
/// configuration's destinations. Changes nothing. `cq_directory`: see BackendPlugin. kConfig: there
/// is no state backend, or nothing to start; else the errors of BackendPlugin and OpenStateToRead.
[[nodiscard]] arrow::Result<OpenedState> OpenBackend(const SourceConfig& config,
                                                     const std::string& cq_directory,
                                                     const std::stop_token& stop);

}  // namespace source
