#include "s3/xml/list_xml.h"

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>
#include <utility>

#include "s3/etag.h"
#include "s3/xml/error_xml.h"

namespace s3 {
namespace {

constexpr size_t kNanosecondDigits = 9;

/// Reads fixed-width decimal fields off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Number(size_t digits, int& out) {
    if (rest_.size() < digits) return false;
    out = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
      out = out * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return true;
  }

  bool Literal(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// 1 to 9 digits as nanoseconds.
  bool Fraction(int& nanoseconds) {
    const size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (digits == 0 || digits > kNanosecondDigits || !Number(digits, nanoseconds)) return false;
    for (size_t i = digits; i < kNanosecondDigits; ++i) nanoseconds *= 10;
    return true;
  }

  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

arrow::Result<std::string> Decode(std::string_view text, bool url_encoded) {
  if (!url_encoded) return std::string(text);
  auto decoded = UrlDecode(text);
  if (!decoded) return BrokenAnswer("the listing has a key whose encoding is broken");
  return *std::move(decoded);
}

/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreStatus.html
bool IsRestored(const pugi::xml_node& status) {
  return status.child_value("IsRestoreInProgress") == std::string_view("false") &&
         *status.child_value("RestoreExpiryDate") != '\0';
}

arrow::Result<ObjectInfo> ParseObject(const pugi::xml_node& contents, bool url_encoded) {
  ObjectInfo object;
  ARROW_ASSIGN_OR_RAISE(object.key, Decode(contents.child_value("Key"), url_encoded));
  if (object.key.empty()) return BrokenAnswer("the listing has an object without a key");
  const std::string_view size = contents.child_value("Size");
  const auto [end, error] =
      std::from_chars(size.data(), size.data() + size.size(), object.size_bytes);
  if (error != std::errc() || end != size.data() + size.size() || object.size_bytes < 0) {
    return BrokenAnswer("the listing has no valid size for \"" + object.key + "\"");
  }
  const auto time = ParseTimestamp(contents.child_value("LastModified"));
  if (!time) return BrokenAnswer("the listing has no valid time for \"" + object.key + "\"");
  object.last_modified = *time;
  object.etag = QuotedETag(contents.child_value("ETag"));
  object.storage_class = contents.child_value("StorageClass");
  object.restored = IsRestored(contents.child("RestoreStatus"));
  object.whole_checksum = contents.child_value("ChecksumType") == std::string_view("FULL_OBJECT");
  return object;
}

}  // namespace

std::optional<std::string> UrlDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::optional<Timestamp> ParseTimestamp(std::string_view text) {
  Scanner in(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, nanosecond = 0;
  const bool shaped = in.Number(4, year) && in.Literal('-') && in.Number(2, month) &&
                      in.Literal('-') && in.Number(2, day) && in.Literal('T') &&
                      in.Number(2, hour) && in.Literal(':') && in.Number(2, minute) &&
                      in.Literal(':') && in.Number(2, second) &&
                      (!in.Literal('.') || in.Fraction(nanosecond)) && in.Literal('Z') && in.done();
  if (!shaped) return std::nullopt;
  const auto date = std::chrono::year(year) / month / day;
  // Nanoseconds in 64 bits reach from 1677 to 2262. A leap second counts into the next minute.
  if (!date.ok() || year < 1678 || year > 2261 || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + std::chrono::nanoseconds(nanosecond);
}

arrow::Result<ListPage> ParseListPage(std::string xml) {
  pugi::xml_document document;
  // A key of blanks alone would otherwise be dropped when a server does not encode keys.
  const auto parsed = document.load_buffer_inplace(
      xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!parsed) {
    return BrokenAnswer(std::string("the listing is not readable XML (") + parsed.description() +
                        ")");
  }
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!root) {
    const std::string_view code = document.child("Error").child_value("Code");
    return BrokenAnswer(code.empty() ? "the answer is no listing"
                                     : "the service failed with " + std::string(code) +
                                           " inside a successful answer");
  }
  const bool url_encoded = std::string_view(root.child_value("EncodingType")) == "url";
  ListPage page;
  for (const pugi::xml_node contents : root.children("Contents")) {
    ARROW_ASSIGN_OR_RAISE(ObjectInfo object, ParseObject(contents, url_encoded));
    page.objects.push_back(std::move(object));
  }
  for (const pugi::xml_node folder : root.children("CommonPrefixes")) {
    ARROW_ASSIGN_OR_RAISE(std::string prefix, Decode(folder.child_value("Prefix"), url_encoded));
    page.common_prefixes.push_back(std::move(prefix));
  }
  const std::string_view truncated = root.child_value("IsTruncated");
  if (truncated == "true") {
    page.continuation = root.child_value("NextContinuationToken");
    if (page.continuation->empty()) {
      return BrokenAnswer("the listing is incomplete but names no continuation token");
    }
  } else if (truncated != "false") {
    return BrokenAnswer("the listing does not say whether it is complete");
  }
  return page;
}

}  // namespace s3
