#include "s3/http/http_receiver.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "s3/http/transport_failure.h"

namespace s3 {

void HttpReceiver::Attach() {
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
}

size_t HttpReceiver::OnHeader(char* data, size_t, size_t size, void* receiver) {
  auto& self = *static_cast<HttpReceiver*>(receiver);
  const std::string_view line(data, size);
  // An interim response (100 Continue) may come before the final one.
  if (line.starts_with("HTTP/")) self.fields_.clear();
  self.fields_.append(line);
  self.received_bytes_ += static_cast<int64_t>(size);
  return size;
}

size_t HttpReceiver::OnBody(char* data, size_t, size_t size, void* receiver) {
  return static_cast<HttpReceiver*>(receiver)->Accept({data, size}) ? size : 0;
}

void HttpReceiver::CompleteHead() {
  if (head_complete_) return;
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  head_ = HttpHead(static_cast<int>(status), std::move(fields_));
  head_complete_ = true;
  if (request_.place_body) place_ = request_.place_body(head_);
}

bool HttpReceiver::Accept(std::span<const char> bytes) {
  CompleteHead();
  const auto size = static_cast<int64_t>(bytes.size());
  received_bytes_ += size;
  const int64_t max_bytes =
      place_.empty() ? request_.max_text_bytes : static_cast<int64_t>(place_.size());
  if (size > max_bytes - body_bytes_) {
    too_long_ = true;
    return false;
  }
  if (place_.empty()) {
    text_.append(bytes.data(), bytes.size());
  } else {
    std::memcpy(place_.data() + body_bytes_, bytes.data(), bytes.size());
  }
  body_bytes_ += size;
  return true;
}

arrow::Result<HttpResponse> HttpReceiver::Finish() {
  CompleteHead();
  const bool placed = !place_.empty();
  if (placed && body_bytes_ != static_cast<int64_t>(place_.size())) {
    return base::MakeError({.kind = base::ErrorKind::kTransport, .retryable = true},
                           "the response ended after " + std::to_string(body_bytes_) + " of " +
                               std::to_string(place_.size()) + " bytes. " +
                               std::string(kCheckNetwork));
  }
  return HttpResponse{.head = std::move(head_),
                      .placed = placed,
                      .body_bytes = body_bytes_,
                      .text = std::move(text_)};
}

}  // namespace s3
