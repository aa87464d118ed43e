// HTTP/1.1 over libcurl: one blocking request at a time per thread, many threads at once. Knows
// requests, answers and transport failures; what an answer means is for the caller to say.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "s3/http/proxy.h"
#include "s3/http/sigv4.h"

namespace s3 {

/// Status line and header fields of an answer.
class HttpHead {
 public:
  HttpHead() = default;
  HttpHead(int status, std::string fields) : status_(status), fields_(std::move(fields)) {}

  int status() const { return status_; }
  /// Value of the first field of that name (any case), without surrounding blanks; empty when there
  /// is none.
  std::string_view Find(std::string_view name) const;

 private:
  int status_ = 0;
  std::string fields_;
};

struct HttpRequest {
  /// The answer to a HEAD has no body.
  std::string method = "GET";
  /// Percent-encoded; sent as it stands.
  std::string url;
  /// "Name: value"; all of them are signed when the request is signed.
  std::vector<std::string> headers;
  /// Holds for this request alone. Not set: sent without a signature.
  std::optional<HttpSigning> signing;
  /// Sent as the body when the method is not GET; must outlive the call.
  std::string_view body;
  /// Called once when the head of the answer is complete: the memory that the body must fill
  /// exactly, or an empty span to have it as text. Not set: text.
  std::function<std::span<uint8_t>(const HttpHead&)> place_body;
  /// When set, receives how many bytes of a body lie where place_body said, whether or not the
  /// answer was complete. None of an answer that was too long.
  int64_t* placed_bytes = nullptr;
  /// A longer text is an error.
  int64_t max_text_bytes = 64 * 1024;
  /// Uses none of the connections that are kept open.
  bool fresh_connection = false;
};

struct HttpResponse {
  HttpHead head;
  /// True when the body went to where place_body said; it is then complete.
  bool placed = false;
  int64_t body_bytes = 0;
  /// The body when it was not placed.
  std::string text;
  std::optional<std::chrono::seconds> retry_after;
  /// Of the header Date.
  std::optional<std::chrono::sys_seconds> date;
};

struct HttpClientOptions {
  std::string user_agent;
  /// Connections kept open between requests. More are opened when more threads ask at once, and
  /// closed afterwards.
  int max_idle_connections = 64;
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  /// An answer that stays below 1 KiB/s for so long is given up.
  std::chrono::seconds stall_timeout = std::chrono::seconds(20);
  /// So long the first byte of an answer is waited for; zero: as long as stall_timeout.
  std::chrono::seconds first_byte_timeout{0};
  /// PEM file of the certificate authorities to trust, and no others; empty: those of the system.
  std::string tls_ca_file;
  /// Accepts any certificate. For tests against self-signed servers only.
  bool tls_insecure_skip_verify = false;
  /// Goes through the proxies that the environment names, see ProxiesFrom. False for what is
  /// reached on the local network only, such as a metadata service.
  bool use_proxies = true;
};

/// Thread-safe.
class HttpClient {
 public:
  /// kConfig when the CA file or the environment's proxy cannot be used.
  [[nodiscard]] static arrow::Result<std::unique_ptr<HttpClient>> Make(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends the request and waits for the whole answer, of whatever status. Redirects are not
  /// followed, nothing is repeated. kCancelled at once when `stop` is requested; kTransport (or
  /// kConfig for what only the user can mend) when there is no complete answer, with a text that
  /// says why and what to do but not on which object.
  [[nodiscard]] arrow::Result<HttpResponse> Perform(const HttpRequest& request,
                                                    std::stop_token stop);

 private:
  class Connection;
  HttpClient(HttpClientOptions options, Proxies proxies);
  arrow::Result<std::unique_ptr<Connection>> Take();
  void GiveBack(std::unique_ptr<Connection> connection);

  const HttpClientOptions options_;
  const Proxies proxies_;
  std::mutex mutex_;
  /// Last in, first out, so that few connections stay busy and the others may grow old.
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace s3
