// Receives the response to one request from libcurl: its head, and its body as text or into the
// caller's memory.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <span>
#include <string>

#include "arrow/result.h"
#include "s3/http/http_message.h"

namespace s3 {

/// For one request, on one thread.
class HttpReceiver {
 public:
  /// Both must outlive it.
  HttpReceiver(const HttpRequest& request, CURL* easy) : request_(request), easy_(easy) {}
  HttpReceiver(const HttpReceiver&) = delete;
  HttpReceiver& operator=(const HttpReceiver&) = delete;

  /// Makes the handle pass to this what it receives.
  void Attach();

  /// Bytes of head and body so far.
  int64_t received_bytes() const { return received_bytes_; }
  /// The body was longer than expected, so the transfer was ended.
  bool too_long() const { return too_long_; }
  /// See HttpRequest::placed_bytes.
  int64_t placed_bytes() const { return place_.empty() || too_long_ ? 0 : body_bytes_; }

  /// To be called once, after libcurl has received the whole response. kTransport if the body is
  /// too short.
  [[nodiscard]] arrow::Result<HttpResponse> Finish();

 private:
  static size_t OnHeader(char* data, size_t, size_t size, void* receiver);
  static size_t OnBody(char* data, size_t, size_t size, void* receiver);

  void CompleteHead();
  /// False if the body is too long.
  bool Accept(std::span<const char> bytes);

  const HttpRequest& request_;
  CURL* const easy_;
  std::string fields_;
  HttpHead head_;
  bool head_complete_ = false;
  std::span<uint8_t> place_;
  std::string text_;
  int64_t body_bytes_ = 0;
  bool too_long_ = false;
  int64_t received_bytes_ = 0;
};

}  // namespace s3
