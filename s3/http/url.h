// The parts of a URL, its encoding, and how a message may show it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace s3 {

/// Views into the URL. A part that is missing is empty.
struct UrlParts {
  std::string_view scheme;
  std::string_view user_info;
  /// Host and port, unchanged.
  std::string_view authority;
  /// Unchanged, with its slash.
  std::string_view path;
  /// Without the question mark.
  std::string_view query;
};

UrlParts SplitUrl(std::string_view url);

/// Percent-encodes every byte except A-Z a-z 0-9 - . _ ~, as AWS Signature Version 4 requires it.
/// '/' is kept if `keep_slash`.
std::string PercentEncode(std::string_view text, bool keep_slash);

/// The value of the header Host: the authority without the default port of the scheme.
std::string HostHeader(const UrlParts& url);

/// The URL for an error or a log. User name, password, query and fragment may be secret and are not
/// shown. It is not certain where the password of a malformed URL ends, so everything before the
/// last '@' counts as the password.
std::string ShownUrl(std::string_view url);

}  // namespace s3
