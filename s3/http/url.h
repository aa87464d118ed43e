// The parts of a URL, and how a text may show one. Pure.
#pragma once

#include <string>
#include <string_view>

namespace s3 {

/// Views into the URL. What is missing is empty.
struct UrlParts {
  std::string_view scheme;
  std::string_view user_info;
  /// Host and port, as they are written.
  std::string_view authority;
  /// As it is written, with its slash.
  std::string_view path;
  /// Without the question mark.
  std::string_view query;
};

UrlParts SplitUrl(std::string_view url);

/// The value of the header Host: the authority without a port that is the scheme's own.
std::string HostHeader(const UrlParts& url);

/// The URL for an error or a log: user name, password, query and fragment may be secret and are
/// not shown. Where the password of a wrongly written URL ends is not certain, so everything
/// before the last '@' is taken for one.
std::string ShownUrl(std::string_view url);

}  // namespace s3
