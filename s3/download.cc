#include "s3/download.h"

#include <string>

#include "s3/answer_head.h"
#include "s3/xml/error_xml.h"

namespace s3 {

void Download::Ask(HttpRequest& attempt) {
  if (progressed()) {
    rest_ = {.offset = rest_.offset + placed_bytes, .length = rest_.length - placed_bytes};
  }
  verdict_ = arrow::Status::OK();
  placed_bytes = 0;
  resumable_ = false;
  if (damaged_) attempt.fresh_connection = true;
  // The service gives no checksum with a part.
  if (request_.whole && rest_ == request_.range) return;
  attempt.headers.push_back("Range: bytes=" + std::to_string(rest_.offset) + "-" +
                            std::to_string(rest_.offset + rest_.length - 1));
}

std::span<uint8_t> Download::Place(const HttpHead& head) {
  if (head.status() / 100 != 2) return {};
  verdict_ = CheckHead(head, rest_, request_.if_match);
  if (!verdict_.ok()) return {};
  // Without a length, an error document may stand in the content's place.
  resumable_ = head.status() == 206 || !head.Find("content-length").empty();
  if (request_.whole && rest_ == request_.range) checksum_ = ChecksumIn(head);
  return {buffer_.mutable_data() + (rest_.offset - request_.range.offset),
          static_cast<size_t>(rest_.length)};
}

arrow::Status Download::Accept() {
  if (!checksum_) return arrow::Status::OK();
  const auto content = std::span(buffer_.data(), static_cast<size_t>(buffer_.size()));
  if (ChecksumValue(checksum_->algorithm, content) == checksum_->value) return arrow::Status::OK();
  placed_bytes = 0;
  rest_ = request_.range;
  damaged_ = true;
  return BrokenAnswer("the content does not have the checksum that the service stores with it");
}

bool Download::progressed() const {
  return resumable_ && !request_.if_match.empty() && placed_bytes > 0 &&
         placed_bytes < rest_.length;
}

}  // namespace s3
