// The command line of a source plugin, as CloudQuery's SDK plugins have it. It is the whole
// program: main hands over its arguments and a factory for the source.
#pragma once

#include "cloudquery/server/serve.h"
#include "cloudquery/source.h"

namespace cloudquery {

/// Runs the command that the arguments name; returns the process's exit code: 0, or 1 after a
/// message on standard error.
int RunPlugin(int argc, char** argv, const PluginInfo& info, const SourceFactory& make_source);

}  // namespace cloudquery
