#include "s3/http/url.h"

#include <algorithm>

#include "base/text.h"

namespace s3 {
namespace {

constexpr std::string_view kAfterScheme = "://";

/// Removes the text before position `at` and the separator there, and returns that text; nothing if
/// there is no separator.
std::string_view TakeBefore(std::string_view& text, size_t at, size_t separator_bytes) {
  if (at == std::string_view::npos) return {};
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(at + separator_bytes);
  return before;
}

}  // namespace

std::string PercentEncode(std::string_view text, bool keep_slash) {
  static constexpr char kUpperHexDigits[] = "0123456789ABCDEF";
  const auto is_kept = [&](char c) {
    return base::IsAsciiAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
           (keep_slash && c == '/');
  };
  std::string encoded;
  encoded.reserve(text.size() * 3);
  for (const char c : text) {
    if (is_kept(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kUpperHexDigits[byte >> 4], kUpperHexDigits[byte & 15]};
    }
  }
  return encoded;
}

UrlParts SplitUrl(std::string_view url) {
  UrlParts parts;
  url = url.substr(0, url.find('#'));
  parts.scheme = TakeBefore(url, url.find(kAfterScheme), kAfterScheme.size());
  const auto authority_end = std::min(url.find_first_of("/?"), url.size());
  parts.authority = url.substr(0, authority_end);
  parts.user_info = TakeBefore(parts.authority, parts.authority.rfind('@'), 1);
  url.remove_prefix(authority_end);
  const auto path_end = std::min(url.find('?'), url.size());
  parts.path = url.substr(0, path_end);
  parts.query = url.substr(std::min(path_end + 1, url.size()));
  return parts;
}

std::string HostHeader(const UrlParts& url) {
  std::string_view host = url.authority;
  const std::string_view own_port = url.scheme == "https" ? ":443" : ":80";
  if (host.ends_with(own_port)) host.remove_suffix(own_port.size());
  return std::string(host);
}

std::string ShownUrl(std::string_view url) {
  const auto at = url.rfind('@');
  if (at == std::string_view::npos) return std::string(url.substr(0, url.find_first_of("?#")));
  const auto scheme_end = url.find(kAfterScheme);
  std::string shown;
  if (scheme_end < at) shown = url.substr(0, scheme_end + kAfterScheme.size());
  shown += "***@";
  const std::string_view rest = url.substr(at + 1);
  return shown.append(rest.substr(0, rest.find_first_of("?#")));
}

}  // namespace s3
