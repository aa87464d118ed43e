// A plugin that keeps state, started and configured as the CLI does it, for commands that work
// without the CLI.
#pragma once

#include <sys/types.h>

#include <memory>
#include <stop_token>
#include <string>

#include "arrow/result.h"

namespace cloudquery {

/// A destination, as a configuration file describes it.
struct PluginConfig {
  std::string name;
  /// "local": `path` is an executable. "grpc": `path` is the address of a plugin that runs.
  /// "cloudquery", or empty: `path` is team/name, and the CLI has downloaded `version` before.
  std::string registry;
  std::string path;
  std::string version;
  /// The plugin's own `spec`, as JSON.
  std::string spec_json;
};

/// Not thread-safe.
class BackendPlugin {
 public:
  /// Starts the plugin, unless it runs, and passes it its spec. `cq_directory`: where the CLI keeps
  /// what it downloads, usually ".cq". kConfig: there is no such plugin. kTransport: it does not
  /// start, or refuses its spec.
  [[nodiscard]] static arrow::Result<std::unique_ptr<BackendPlugin>> Start(
      const PluginConfig& config, const std::string& cq_directory, std::stop_token stop);

  /// Closes the plugin, which stores what it holds, and ends its process if Start started it.
  ~BackendPlugin();
  BackendPlugin(const BackendPlugin&) = delete;
  BackendPlugin& operator=(const BackendPlugin&) = delete;

  /// A gRPC target.
  const std::string& connection() const { return connection_; }

  /// Lets the plugin store what it holds. To be called once, after the last write. kTransport: it
  /// failed.
  [[nodiscard]] arrow::Status Close();

 private:
  BackendPlugin() = default;

  arrow::Status Launch(const std::string& executable);
  arrow::Status Configure(const PluginConfig& config, std::stop_token stop);

  std::string connection_;
  /// Holds the socket; empty: the plugin ran before.
  std::string folder_;
  pid_t process_ = -1;
  bool configured_ = false;
};

}  // namespace cloudquery
