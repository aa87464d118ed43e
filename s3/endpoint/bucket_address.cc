#include "s3/endpoint/bucket_address.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "s3/http/url.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::MakeError;
using base::Quoted;

constexpr std::string_view kAnd = " and without ";
constexpr std::string_view kFolderIsAPrefix = " and without a folder, which goes into path_prefix";

/// Whether the bucket's name can be one label of a host name.
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

arrow::Status CheckBucket(std::string_view bucket) {
  if (bucket.empty())
    return MakeError(ErrorKind::kConfig, "bucket is not set. Set it to the bucket's name.");
  const std::string advice = BucketAdvice(bucket);
  if (advice.empty()) return arrow::Status::OK();
  return MakeError(
      ErrorKind::kConfig,
      Quoted(ShownUrl(bucket)) + " is not the name of a bucket that can be read. " + advice);
}

bool IsBucketName(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return base::IsAsciiAlphanumeric(c) || c == '-' || c == '.' || c == '_';
         });
}

/// `with` is what the name was written with, such as "s3://".
std::string WriteTheName(std::string_view name, std::string_view with) {
  std::string advice = "Write the bucket's name alone, without ";
  advice += with;
  if (IsBucketName(name)) advice += ": " + Quoted(name);
  return advice + ".";
}

/// arn:partition:service:region:account:resource
std::string AdviceOnArn(std::string_view arn) {
  if (arn.find(":accesspoint") != std::string_view::npos) {
    return "ARNs of access points are not supported. Write the access point's alias as the bucket "
           "(it ends in -s3alias; the S3 console and GetAccessPoint show it).";
  }
  std::string_view name = arn.substr(arn.rfind(':') + 1);
  return WriteTheName(name.substr(0, name.find('/')), "the rest of the ARN");
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
    return base::IsAsciiAlphanumeric(c) ||
           std::string_view("-._:[]").find(c) != std::string_view::npos;
  });
  if (rest.empty() || !plain) {
    // The text is not shown: it may contain a user name and a password.
    return MakeError(ErrorKind::kConfig,
                     "the endpoint is not a valid URL. Write it as https://host:port or "
                     "http://host:port, without a path.");
  }
  parsed.authority = rest;
  return parsed;
}

arrow::Result<Endpoint> AwsEndpoint(const BucketLocation& location) {
  const std::string_view region = location.region;
  if (region.empty()) {
    return MakeError(ErrorKind::kConfig, "region is not set. Set it to the bucket's region.");
  }
  if (!IsRegionName(region)) {
    return MakeError(ErrorKind::kConfig,
                     Quoted(region) + " is not a valid region. Write it like us-east-1.");
  }
  return Endpoint{.scheme = "https://", .authority = S3Host(region, location.variant)};
}

}  // namespace

std::string BucketAdvice(std::string_view bucket) {
  constexpr std::string_view kSchemes[] = {"s3://", "s3a://", "s3n://"};
  if (bucket.starts_with("arn:")) return AdviceOnArn(bucket);
  for (const std::string_view scheme : kSchemes) {
    if (!bucket.starts_with(scheme)) continue;
    const std::string_view rest = bucket.substr(scheme.size());
    return WriteTheName(rest.substr(0, rest.find('/')),
                        std::string(scheme).append(kFolderIsAPrefix));
  }
  if (bucket.starts_with("http://") || bucket.starts_with("https://")) {
    return "Write the bucket's name alone, not its URL. Set endpoint to the address of a server "
           "other than AWS, and path_prefix to a folder.";
  }
  if (bucket.ends_with("--x-s3")) {
    return "Directory buckets (S3 Express One Zone) are not supported. Copy the objects to a "
           "general purpose bucket.";
  }
  if (const size_t slash = bucket.find('/'); slash != std::string_view::npos) {
    return WriteTheName(bucket.substr(0, slash), kFolderIsAPrefix.substr(kAnd.size()));
  }
  if (const std::string_view name = base::Trimmed(bucket); !name.empty() && name != bucket) {
    return WriteTheName(name, "blanks around it");
  }
  if (bucket.empty() || IsBucketName(bucket)) return "";
  return "A bucket's name contains only letters, digits, dots, hyphens and underscores.";
}

bool IsRegionName(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return base::IsAsciiAlphanumeric(c) || c == '-';
  });
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

std::string ObjectUrl(const BucketAddress& address, std::string_view key) {
  std::string url = address.origin + address.base_path + "/";
  url += PercentEncode(key, /*keep_slash=*/true);
  return url;
}

std::string BucketUrl(const BucketAddress& address,
                      std::vector<std::pair<std::string, std::string>> query) {
  std::sort(query.begin(), query.end());
  std::string url = address.origin + (address.base_path.empty() ? "/" : address.base_path);
  char separator = '?';
  for (const auto& [name, value] : query) {
    url += separator;
    url += PercentEncode(name, /*keep_slash=*/false);
    url += '=';
    url += PercentEncode(value, /*keep_slash=*/false);
    separator = '&';
  }
  return url;
}

}  // namespace s3
