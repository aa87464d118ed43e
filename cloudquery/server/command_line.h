// The command line of a source plugin, with the commands and flags of CloudQuery's SDK plugins. It
// is the whole program: main passes its arguments and a factory for the source.
#pragma once

#include "cloudquery/server/serve.h"
#include "cloudquery/source.h"

namespace cloudquery {

/// Runs the command that the arguments name. Returns the exit code of the process: 0, or 1 after a
/// message on standard error.
int RunPlugin(int argc, char** argv, const PluginInfo& info, const SourceFactory& make_source);

}  // namespace cloudquery
