#include "s3/answer_head.h"

#include <charconv>
#include <optional>
#include <string>

#include "base/error.h"
#include "s3/etag.h"
#include "s3/xml/error_xml.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::MakeError;

/// "bytes 0-99/1234" of the header Content-Range; the total may be unknown ("*").
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

/// An answer of all of the object is right when that was the range.
arrow::Status CheckWhole(const HttpHead& head, const ByteRange& range) {
  const std::string_view length = head.Find("content-length");
  // Without a length, as in chunks, the body must end where it should.
  const bool may_fit = length.empty() || length == std::to_string(range.length);
  if (head.status() == 200 && range.offset == 0 && may_fit) return arrow::Status::OK();
  return BrokenAnswer("the server ignored the byte range that was asked for (HTTP " +
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
                                              " bytes, fewer than were listed; sync again");
  }
  return BrokenAnswer("the server answered with the wrong byte range (\"" + std::string(text) +
                      "\" instead of " + std::to_string(range.offset) + "-" + std::to_string(last) +
                      ")");
}

}  // namespace

arrow::Status CheckHead(const HttpHead& head, const ByteRange& range, std::string_view if_match) {
  // Some servers ignore If-Match.
  const std::string_view etag = head.Find("etag");
  if (!if_match.empty() && !etag.empty() && !SameETag(etag, if_match)) {
    return MakeError(ErrorKind::kChanged,
                     "the object is no longer the one that was listed (its ETag is " +
                         std::string(etag) + "); sync again");
  }
  return head.status() == 206 ? CheckPart(head, range) : CheckWhole(head, range);
}

}  // namespace s3
