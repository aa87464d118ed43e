#include "s3/request.h"

#include <algorithm>

#include "base/error.h"
#include "s3/url.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::MakeError;

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsUnreserved(char c) { return IsAlnum(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

/// Whether the bucket can stand as one label before a host name.
bool IsDnsLabel(std::string_view bucket) {
  return std::all_of(bucket.begin(), bucket.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// An IPv4 address or a bracketed IPv6 address, perhaps with a port.
bool IsIpAddress(std::string_view authority) {
  if (authority.starts_with('[')) return true;
  const std::string_view host = authority.substr(0, authority.find(':'));
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// In quotation marks.
std::string Quoted(std::string_view text) {
  std::string quoted;
  quoted.append("\"").append(text).append("\"");
  return quoted;
}

arrow::Status CheckBucket(std::string_view bucket) {
  if (bucket.empty()) return MakeError(ErrorKind::kConfig, "no bucket is named; set bucket");
  if (bucket.starts_with("arn:")) {
    return MakeError(
        ErrorKind::kUnsupported,
        "bucket " + Quoted(bucket) + " is an ARN, which is not supported; name the bucket itself");
  }
  // Upper case and '_' occur in old buckets and on other services.
  const bool plain = std::all_of(bucket.begin(), bucket.end(), [](char c) {
    return IsAlnum(c) || c == '-' || c == '.' || c == '_';
  });
  if (!plain || bucket.size() > 255 || bucket == "." || bucket == "..") {
    return MakeError(ErrorKind::kConfig, Quoted(ShownUrl(bucket)) +
                                             " is no bucket name; write the name alone, without "
                                             "s3:// and without a path");
  }
  return arrow::Status::OK();
}

struct Endpoint {
  std::string scheme;
  std::string authority;
};

arrow::Result<Endpoint> ParseEndpoint(std::string_view endpoint) {
  Endpoint parsed{.scheme = "https://"};
  std::string_view rest = endpoint;
  if (rest.starts_with("http://")) {
    parsed.scheme = "http://";
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const bool plain = std::all_of(rest.begin(), rest.end(), [](char c) {
    return IsAlnum(c) || std::string_view("-._:[]").find(c) != std::string_view::npos;
  });
  if (rest.empty() || !plain) {
    // The text is not repeated: it may carry a user name and a password.
    return MakeError(ErrorKind::kConfig,
                     "the endpoint is not understood; write it as https://host:port or "
                     "http://host:port, without a path");
  }
  parsed.authority = rest;
  return parsed;
}

arrow::Result<Endpoint> AwsEndpoint(const BucketLocation& location) {
  const std::string_view region = location.region;
  if (region.empty()) {
    return MakeError(ErrorKind::kConfig, "no region is named; set region to the bucket's region");
  }
  if (!IsRegionName(region)) {
    return MakeError(ErrorKind::kConfig, Quoted(region) + " is no region; write it like us-east-1");
  }
  return Endpoint{.scheme = "https://", .authority = S3Host(region, location.variant)};
}

void AppendEncoded(std::string& out, std::string_view text, bool keep_slash) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (IsUnreserved(c) || (keep_slash && c == '/')) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

}  // namespace

bool IsRegionName(std::string_view text) {
  return !text.empty() && text.size() <= 63 &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsAlnum(c) || c == '-'; });
}

arrow::Result<BucketAddress> ResolveAddress(const BucketLocation& location) {
  ARROW_RETURN_NOT_OK(CheckBucket(location.bucket));
  ARROW_ASSIGN_OR_RAISE(const Endpoint endpoint, location.endpoint.empty()
                                                     ? AwsEndpoint(location)
                                                     : ParseEndpoint(location.endpoint));
  if (location.path_style || !IsDnsLabel(location.bucket) || IsIpAddress(endpoint.authority)) {
    return BucketAddress{.origin = endpoint.scheme + endpoint.authority,
                         .base_path = "/" + location.bucket};
  }
  return BucketAddress{.origin = endpoint.scheme + location.bucket + "." + endpoint.authority};
}

std::string PercentEncode(std::string_view text, bool keep_slash) {
  std::string out;
  out.reserve(text.size() * 3);
  AppendEncoded(out, text, keep_slash);
  return out;
}

std::string ObjectUrl(const BucketAddress& address, std::string_view key) {
  std::string url = address.origin + address.base_path + "/";
  AppendEncoded(url, key, /*keep_slash=*/true);
  return url;
}

std::string BucketUrl(const BucketAddress& address,
                      std::vector<std::pair<std::string, std::string>> query) {
  std::sort(query.begin(), query.end());
  std::string url = address.origin + (address.base_path.empty() ? "/" : address.base_path);
  char separator = '?';
  for (const auto& [name, value] : query) {
    url += separator;
    AppendEncoded(url, name, /*keep_slash=*/false);
    url += '=';
    AppendEncoded(url, value, /*keep_slash=*/false);
    separator = '&';
  }
  return url;
}

}  // namespace s3
