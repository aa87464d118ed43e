#include "s3/http/url.h"

#include <algorithm>

namespace s3 {
namespace {

constexpr std::string_view kAfterScheme = "://";

/// Takes what comes before position `at` off the text, and the separator that is there; nothing
/// when there is none.
std::string_view TakeBefore(std::string_view& text, size_t at, size_t separator_bytes) {
  if (at == std::string_view::npos) return {};
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(at + separator_bytes);
  return before;
}

}  // namespace

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
