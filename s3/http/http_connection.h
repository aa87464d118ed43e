// One connection of an HttpClient: a libcurl handle that keeps its connection to the server open
// between requests.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <stop_token>

#include "arrow/result.h"
#include "s3/http/http_message.h"
#include "s3/http/http_options.h"
#include "s3/http/http_receiver.h"
#include "s3/http/stall_watch.h"

namespace s3 {

/// An easy handle and the multi handle that drives it and owns the connection: only a multi handle
/// can be woken by another thread. Used by one thread at a time.
class HttpConnection {
 public:
  /// `options` must outlive it.
  [[nodiscard]] static arrow::Result<std::unique_ptr<HttpConnection>> Make(
      const HttpClientOptions& options);

  /// See HttpClient::Perform.
  [[nodiscard]] arrow::Result<HttpResponse> Perform(const HttpRequest& request,
                                                    const std::stop_token& stop);

 private:
  struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

  explicit HttpConnection(const HttpClientOptions& options);

  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }
  void Configure();
  void ConfigureTls();

  static arrow::Status Append(HeaderList& headers, const char* header);
  /// The list must live until the transfer is over.
  arrow::Result<HeaderList> Prepare(const HttpRequest& request);
  const Proxy& ProxyFor(const HttpRequest& request) const;
  /// Runs the transfer to its end.
  arrow::Result<CURLcode> Drive(const HttpReceiver& receiver, const std::stop_token& stop);
  arrow::Status Failure(CURLcode code, const Proxy& proxy);

  const HttpClientOptions& options_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::unique_ptr<CURL, EasyDeleter> easy_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
};

}  // namespace s3
