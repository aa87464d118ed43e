// The command line of a source plugin, with the commands and flags of CloudQuery's SDK plugins. It
// is the whole program: main passes its arguments and a factory for the source.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cloudquery/server/serve.h"
#include "cloudquery/source.h"

namespace CLI {
class App;
}

namespace cloudquery {

/// A command that only this plugin has.
struct Command {
  std::string name;
  std::string description;
  /// Declares the command's arguments, and where they are kept.
  std::function<void(CLI::App& command)> declare;
  /// Called once they are parsed.
  std::function<arrow::Status()> run;
};

/// Runs the command that the arguments name. Returns the exit code of the process: 0, or 1 after a
/// message on standard error.
int RunPlugin(int argc, char** argv, const PluginInfo& info, const SourceFactory& make_source,
              const std::vector<Command>& commands = {});

}  // namespace cloudquery
