#include "s3/xml/list_xml.h"

#include <charconv>
#include <pugixml.hpp>
#include <utility>

#include "base/text.h"
#include "base/time.h"
#include "s3/etag.h"
#include "s3/xml/error_xml.h"

namespace s3 {
namespace {

arrow::Result<std::string> Decode(std::string_view text, bool url_encoded) {
  if (!url_encoded) return std::string(text);
  auto decoded = UrlDecode(text);
  if (!decoded) return BrokenAnswer("the listing has a key with an invalid encoding");
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
    return BrokenAnswer("the listing has no valid size for " + base::Quoted(object.key));
  }
  const auto time = base::ParseRfc3339(contents.child_value("LastModified"));
  if (!time) return BrokenAnswer("the listing has no valid time for " + base::Quoted(object.key));
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
      const int high = base::HexDigitValue(text[i + 1]);
      const int low = base::HexDigitValue(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

arrow::Result<ListPage> ParseListPage(std::string xml) {
  pugi::xml_document document;
  // Otherwise a key of blanks only would be lost if the server does not encode keys.
  const auto parsed = document.load_buffer_inplace(
      xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!parsed) {
    return BrokenAnswer(std::string("the listing is not valid XML (") + parsed.description() + ")");
  }
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!root) {
    const std::string_view code = document.child("Error").child_value("Code");
    return BrokenAnswer(code.empty() ? "the answer is not a listing"
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
