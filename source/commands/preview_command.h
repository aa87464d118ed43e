// The `preview` command: what a sync would do, before anybody decides for it.
#pragma once

#include <functional>
#include <string>

#include "cloudquery/log.h"
#include "cloudquery/server/command_line.h"
#include "source/connection_check.h"

namespace source {

/// Makes stores that report to a log.
using LoggingStoreFactory = std::function<StoreFactory(cloudquery::Logger& log)>;

/// `version`: of the plugin.
cloudquery::Command PreviewCommand(LoggingStoreFactory make_store, std::string version);

}  // namespace source
