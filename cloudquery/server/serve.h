// The `serve` command: a gRPC server for one source, from its start to the signal that ends it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "arrow/status.h"
#include "cloudquery/log.h"
#include "cloudquery/source.h"

namespace cloudquery {

/// The options of plugin-sdk's serve command.
struct ServeOptions {
  /// host:port for tcp; the path of the socket for unix.
  std::string address = "localhost:7777";
  /// tcp, tcp4, tcp6, unix or unixpacket.
  std::string network = "tcp";
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
};

/// Makes the source. The logger outlives it.
using SourceFactory = std::function<std::unique_ptr<Source>(Logger&)>;

/// Serves until SIGINT or SIGTERM or, on a unix socket, until the parent process has ended. Then
/// cancels running calls. Must be called on the main thread before other threads are started, since
/// it blocks the two signals for all threads. kConfig: cannot listen on the address.
[[nodiscard]] arrow::Status Serve(const ServeOptions& options, const PluginInfo& info,
                                  const SourceFactory& make_source);

/// The gRPC address of `network` and `address`, e.g. "unix:/tmp/x.sock" or "0.0.0.0:7777". kConfig:
/// the network is not a valid one.
[[nodiscard]] arrow::Result<std::string> ListeningAddress(const std::string& network,
                                                          const std::string& address);

}  // namespace cloudquery
