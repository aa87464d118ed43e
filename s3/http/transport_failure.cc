#include "s3/http/transport_failure.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;

struct Meaning {
  CURLcode code;
  ErrorKind kind;
  bool retryable;
  std::string_view advice;
};

/// For failures that do not depend on the network: the same call would fail again.
constexpr std::string_view kReport =
    "This version of libcurl does not support what the plugin needs. Install another version of "
    "libcurl, or report the problem.";

constexpr std::array kMeanings = {
    Meaning{CURLE_COULDNT_RESOLVE_HOST, ErrorKind::kTransport, true,
            "Check the endpoint, the region and the network. If the host name contains the bucket, "
            "check the bucket too, or set path_style."},
    Meaning{CURLE_COULDNT_RESOLVE_PROXY, ErrorKind::kTransport, true,
            "Check the proxy settings in the environment."},
    Meaning{CURLE_COULDNT_CONNECT, ErrorKind::kTransport, true,
            "Check the endpoint and that the service is running."},
    Meaning{CURLE_OPERATION_TIMEDOUT, ErrorKind::kTransport, true, kCheckNetwork},
    Meaning{CURLE_SSL_CONNECT_ERROR, ErrorKind::kTransport, true,
            "Check that the endpoint speaks TLS, or write it with http:// if it does not."},
    Meaning{CURLE_PEER_FAILED_VERIFICATION, ErrorKind::kConfig, false,
            "Check the endpoint, or set tls_ca_file to the certificate authority that signed its "
            "certificate."},
    Meaning{CURLE_SSL_CACERT_BADFILE, ErrorKind::kConfig, false, kCheckCaFile},
    Meaning{CURLE_URL_MALFORMAT, ErrorKind::kConfig, false, "Check the endpoint."},
    // Also a response that is not HTTP.
    Meaning{CURLE_UNSUPPORTED_PROTOCOL, ErrorKind::kTransport, true,
            "Check that the endpoint is an S3 service."},
    Meaning{CURLE_FAILED_INIT, ErrorKind::kConfig, false, kReport},
    Meaning{CURLE_NOT_BUILT_IN, ErrorKind::kConfig, false, kReport},
    Meaning{CURLE_FUNCTION_NOT_FOUND, ErrorKind::kConfig, false, kReport},
    Meaning{CURLE_BAD_FUNCTION_ARGUMENT, ErrorKind::kConfig, false, kReport},
    Meaning{CURLE_UNKNOWN_OPTION, ErrorKind::kConfig, false, kReport},
    Meaning{CURLE_RECURSIVE_API_CALL, ErrorKind::kConfig, false, kReport},
};

Meaning MeaningOf(CURLcode code) {
  const auto* row = std::find_if(kMeanings.begin(), kMeanings.end(),
                                 [&](const Meaning& one) { return one.code == code; });
  return row != kMeanings.end() ? *row : Meaning{code, ErrorKind::kTransport, true, kCheckNetwork};
}

}  // namespace

arrow::Status TransportFailure(CURLcode code, std::string_view text) {
  const Meaning meaning = MeaningOf(code);
  std::string reason(text.empty() ? curl_easy_strerror(code) : text);
  while (!reason.empty() && (reason.back() == '\n' || reason.back() == '.')) reason.pop_back();
  if (meaning.advice == kReport) reason = std::string(curl_version()) + ": " + reason;
  return MakeError(ErrorInfo{.kind = meaning.kind, .retryable = meaning.retryable},
                   reason + ". " + std::string(meaning.advice));
}

arrow::Status TunnelRefused(const Proxy& proxy, int http_status) {
  const std::string answer =
      "the proxy " + proxy.url + " answered with HTTP " + std::to_string(http_status);
  if (http_status == 407) {
    return MakeError(ErrorKind::kAccess, answer +
                                             ": it requires a user name and a password. Add them "
                                             "to the proxy's URL in the environment.");
  }
  return MakeError(ErrorInfo{.kind = ErrorKind::kTransport, .retryable = http_status >= 500},
                   answer + ". Check the proxy settings in the environment.");
}

}  // namespace s3
