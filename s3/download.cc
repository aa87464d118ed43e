#include "s3/download.h"

#include <charconv>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "s3/etag.h"
#include "s3/xml/error_xml.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::MakeError;

/// The header Content-Range: "bytes 0-99/1234". The total may be unknown ("*").
struct ContentRange {
  int64_t first = -1;
  int64_t last = -1;
  int64_t total = -1;
};

std::optional<ContentRange> ParseContentRange(std::string_view text) {
  ContentRange range;
  const auto number = [&](int64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return error == std::errc();
  };
  const auto literal = [&](std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
  };
  const bool ok = literal("bytes ") && number(range.first) && literal("-") && number(range.last) &&
                  literal("/") && (literal("*") || number(range.total)) && text.empty();
  return ok ? std::optional(range) : std::nullopt;
}

/// A response with the whole object is right if the range is the whole object.
arrow::Status CheckWhole(const HttpHead& head, const ByteRange& range) {
  const std::string_view length = head.Find("content-length");
  // Without a length, as with chunked encoding, the length of the body decides.
  const bool may_fit = length.empty() || length == std::to_string(range.length);
  if (head.status() == 200 && range.offset == 0 && may_fit) return arrow::Status::OK();
  return BrokenAnswer("the server ignored the requested byte range (HTTP " +
                      std::to_string(head.status()) + ")");
}

arrow::Status CheckPart(const HttpHead& head, const ByteRange& range) {
  const std::string_view text = head.Find("content-range");
  const auto answered = ParseContentRange(text);
  const int64_t last = range.offset + range.length - 1;
  if (answered && answered->first == range.offset && answered->last == last) {
    return arrow::Status::OK();
  }
  if (answered && answered->total >= 0 && answered->total <= last) {
    return MakeError(ErrorKind::kChanged, "the object has " + std::to_string(answered->total) +
                                              " bytes, fewer than were listed. Sync again.");
  }
  return BrokenAnswer("the server answered with the wrong byte range (" + base::Quoted(text) +
                      " instead of " + std::to_string(range.offset) + "-" + std::to_string(last) +
                      ")");
}

}  // namespace

arrow::Status CheckHead(const HttpHead& head, const ByteRange& range, std::string_view if_match) {
  // Some servers ignore If-Match.
  const std::string_view etag = head.Find("etag");
  if (!if_match.empty() && !etag.empty() && !SameETag(etag, if_match)) {
    return MakeError(ErrorKind::kChanged,
                     "the object has changed since it was listed (its ETag is now " +
                         std::string(etag) + "). Sync again.");
  }
  return head.status() == 206 ? CheckPart(head, range) : CheckWhole(head, range);
}

void Download::Begin(HttpRequest& attempt) {
  if (state_ == State::kBrokenOff) {
    missing_ = {.offset = missing_.offset + placed_bytes_,
                .length = missing_.length - placed_bytes_};
  }
  state_ = State::kRequested;
  placed_bytes_ = 0;
  attempt.place_body = [this](const HttpHead& head) { return PlaceBody(head); };
  attempt.placed_bytes = &placed_bytes_;
  attempt.fresh_connection = request_.fresh_connection || damaged_;
  if (!request_.if_match.empty()) {
    attempt.headers.push_back("If-Match: " + StrongETag(request_.if_match));
  }
  if (request_.whole) attempt.headers.emplace_back(kWantChecksum);
  // The service sends no checksum with a part.
  if (asks_for_whole()) return;
  attempt.headers.push_back("Range: bytes=" + std::to_string(missing_.offset) + "-" +
                            std::to_string(missing_.offset + missing_.length - 1));
}

std::span<uint8_t> Download::PlaceBody(const HttpHead& head) {
  if (!head.is_success()) return {};
  head_failure_ = CheckHead(head, missing_, request_.if_match);
  if (!head_failure_.ok()) {
    state_ = State::kWrongHead;
    return {};
  }
  state_ = State::kReceiving;
  // Without a length, the body may be an error document instead of the content.
  resumable_ =
      !request_.if_match.empty() && (head.status() == 206 || !head.Find("content-length").empty());
  if (asks_for_whole()) checksum_ = ChecksumIn(head);
  return {buffer_.mutable_data() + (missing_.offset - request_.range.offset),
          static_cast<size_t>(missing_.length)};
}

arrow::Status Download::End(const arrow::Status& transport) {
  const bool cancelled = base::KindOf(transport) == ErrorKind::kCancelled;
  // A wrong head explains the failure of the body too.
  if (state_ == State::kWrongHead) return cancelled ? transport : head_failure_;
  if (state_ != State::kReceiving) return transport;
  if (transport.ok()) return CheckContent();
  const bool has_part = placed_bytes_ > 0 && placed_bytes_ < missing_.length;
  state_ = resumable_ && has_part ? State::kBrokenOff : State::kRequested;
  return transport;
}

arrow::Status Download::CheckContent() {
  const auto content = std::span(buffer_.data(), static_cast<size_t>(buffer_.size()));
  if (!checksum_ || ChecksumValue(checksum_->algorithm, content) == checksum_->value) {
    state_ = State::kComplete;
    return arrow::Status::OK();
  }
  state_ = State::kRequested;
  missing_ = request_.range;
  damaged_ = true;
  return BrokenAnswer("the content does not have the checksum that the service stores with it");
}

}  // namespace s3
