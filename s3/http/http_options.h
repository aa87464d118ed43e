// Settings of the HTTP transport.
#pragma once

#include <chrono>
#include <string>

#include "s3/http/proxy.h"

namespace s3 {

struct HttpClientOptions {
  std::string user_agent;
  /// Number of connections kept open between requests. If more threads send requests at once, more
  /// connections are opened, and closed afterwards.
  int max_idle_connections = 64;
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  /// A response that stays below 1 KiB/s for this long is abandoned.
  std::chrono::seconds stall_timeout = std::chrono::seconds(20);
  /// How long to wait for the first byte of a response. Zero: stall_timeout.
  std::chrono::seconds first_byte_timeout{0};
  /// PEM file with certificate authorities. If set, only these are trusted; empty: those of the
  /// system.
  std::string tls_ca_file;
  /// Accepts any certificate. Only for tests against self-signed servers.
  bool tls_insecure_skip_verify = false;
  /// None by default. The environment is not read here, see ProxiesFrom.
  Proxies proxies;
};

}  // namespace s3
