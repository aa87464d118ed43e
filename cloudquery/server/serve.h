// The `serve` command: a gRPC server for one source, from start to signal.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "arrow/status.h"
#include "cloudquery/log.h"
#include "cloudquery/source.h"

namespace cloudquery {

/// As plugin-sdk's serve command has them.
struct ServeOptions {
  /// host:port for tcp, a path for unix.
  std::string address = "localhost:7777";
  /// tcp, tcp4, tcp6, unix or unixpacket.
  std::string network = "tcp";
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
};

/// Makes the source. What it is given outlives it.
using SourceFactory = std::function<std::unique_ptr<Source>(Logger&)>;

/// Serves until SIGINT or SIGTERM or, on a unix socket, until the parent process is gone; then
/// cancels what runs. Must be called on the main thread before others are started: it blocks the
/// two signals for all. kConfig: the address cannot be listened on.
[[nodiscard]] arrow::Status Serve(const ServeOptions& options, const PluginInfo& info,
                                  const SourceFactory& make_source);

/// The gRPC address that `network` and `address` mean: "unix:/tmp/x.sock", "0.0.0.0:7777".
[[nodiscard]] arrow::Result<std::string> ListeningAddress(const std::string& network,
                                                          const std::string& address);

}  // namespace cloudquery
