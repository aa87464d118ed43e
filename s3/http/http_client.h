// HTTP/1.1 over libcurl: each thread sends one blocking request at a time, many threads at once.
// Knows requests, responses and transport failures; the caller decides what a response means.
#pragma once

#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "arrow/result.h"
#include "s3/http/http_message.h"
#include "s3/http/http_options.h"

namespace s3 {

class HttpConnection;

/// Thread-safe.
class HttpClient {
 public:
  /// kConfig if the CA file cannot be used.
  [[nodiscard]] static arrow::Result<std::unique_ptr<HttpClient>> Make(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends the request and waits for the whole response, of any status. Follows no redirect and
  /// retries nothing. kCancelled as soon as `stop` is requested. kTransport, or kConfig if only the
  /// user can fix the cause, if there is no complete response; the text says why and what to do but
  /// does not name the object.
  [[nodiscard]] arrow::Result<HttpResponse> Perform(const HttpRequest& request,
                                                    std::stop_token stop);

 private:
  explicit HttpClient(HttpClientOptions options);
  arrow::Result<std::unique_ptr<HttpConnection>> Take();
  void GiveBack(std::unique_ptr<HttpConnection> connection);

  const HttpClientOptions options_;
  std::mutex mutex_;
  /// Guarded by mutex_. Last in, first out, so that few connections stay busy and the others may
  /// time out.
  std::vector<std::unique_ptr<HttpConnection>> idle_;
};

}  // namespace s3
