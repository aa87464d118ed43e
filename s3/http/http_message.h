// An HTTP request and its response, as values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "s3/http/sigv4.h"

namespace s3 {

/// Status line and header fields of a response.
class HttpHead {
 public:
  HttpHead() = default;
  HttpHead(int status, std::string fields) : status_(status), fields_(std::move(fields)) {}

  int status() const { return status_; }
  bool is_success() const { return status_ / 100 == 2; }
  /// Value of the first field of that name (in any case), without blanks around it. Empty if there
  /// is none.
  std::string_view Find(std::string_view name) const;
  /// Retry-After (RFC 9110, 10.2.3), which is a number of seconds or a date.
  std::optional<std::chrono::seconds> RetryAfter() const;
  /// The header Date.
  std::optional<std::chrono::sys_seconds> Date() const;

 private:
  int status_ = 0;
  std::string fields_;
};

struct HttpRequest {
  /// The response to a HEAD has no body.
  std::string method = "GET";
  /// Percent-encoded. Sent unchanged.
  std::string url;
  /// "Name: value". If the request is signed, all of them are signed.
  std::vector<std::string> headers;
  /// Applies to this request only. Not set: the request is not signed.
  std::optional<HttpSigning> signing;
  /// Sent as the body if the method is neither GET nor HEAD. Must outlive the call.
  std::string_view body;
  /// Called once, when the head of the response is complete. Returns the memory that the body must
  /// fill exactly, or an empty span to receive the body as text. Not set: the body is text.
  std::function<std::span<uint8_t>(const HttpHead&)> place_body;
  /// If set, receives the number of bytes written to the memory of place_body, even if the response
  /// was not complete. 0 for a body that was too long.
  int64_t* placed_bytes = nullptr;
  /// A longer text is an error.
  int64_t max_text_bytes = 64 * 1024;
  /// Opens a new connection instead of using one that was kept open.
  bool fresh_connection = false;
};

struct HttpResponse {
  HttpHead head;
  /// True if the body is in the memory of place_body; it is then complete.
  bool placed = false;
  int64_t body_bytes = 0;
  /// The body if it was not placed.
  std::string text;
};

}  // namespace s3
