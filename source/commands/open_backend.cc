#include "source/commands/open_backend.h"

#include "base/error.h"
#include "base/text.h"

namespace source {

arrow::Result<OpenedState> OpenBackend(const SourceConfig& config, const std::string& cq_directory,
                                       const std::stop_token& stop) {
  if (!config.backend || config.backend->table_name.empty()) {
    return base::MakeError(base::ErrorKind::kConfig,
                           "the source has no backend_options, so it keeps no state");
  }
  cloudquery::Backend backend = *config.backend;
  OpenedState opened;
  if (config.backend_plugin) {
    ARROW_ASSIGN_OR_RAISE(opened.plugin, cloudquery::BackendPlugin::Start(*config.backend_plugin,
                                                                          cq_directory, stop));
    backend.connection = opened.plugin->connection();
  } else if (backend.connection.starts_with("@@")) {
    return base::MakeError(base::ErrorKind::kConfig,
                           "the state is kept by " + base::Quoted(backend.connection) +
                               ", but no destination of that name is in the files. Name the file "
                               "that has it, too");
  }
  ARROW_ASSIGN_OR_RAISE(opened.store, cloudquery::OpenStateToRead(backend, stop));
  return opened;
}

}  // namespace source
