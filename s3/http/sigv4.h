// AWS Signature Version 4 in the header Authorization. Pure.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace s3 {

/// The keys to sign with, and the service to sign for.
struct HttpSigning {
  std::string access_key;
  std::string secret_key;
  std::string region;
  std::string service = "s3";
  /// How far the service's clock is ahead of the local one. Added to the local time.
  std::chrono::seconds clock_offset{0};
};

/// A request as it is sent.
struct RequestToSign {
  std::string_view method = "GET";
  /// Percent-encoded. For S3 it is signed unchanged; for other services it is normalised and
  /// encoded once more, as they require.
  std::string_view path = "/";
  /// Percent-encoded, without the question mark; in any order.
  std::string_view query;
  /// "Name: value". All of them are signed. Host must be among them, and a session token, if there
  /// is one, as X-Amz-Security-Token.
  std::span<const std::string> headers;
  /// Its hash is signed, unless a header X-Amz-Content-Sha256 gives the hash.
  std::string_view body;
};

/// The headers to add, as "Name: value": X-Amz-Date and Authorization. `now` is the time of the
/// signature; clock_offset is not added to it here.
std::vector<std::string> SignatureHeaders(const RequestToSign& request, const HttpSigning& signing,
                                          std::chrono::system_clock::time_point now);

}  // namespace s3
