#include "s3/transport_failure.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;

struct TransportFailure {
  CURLcode code;
  ErrorKind kind;
  bool retryable;
  std::string_view advice;
};

constexpr std::string_view kReportIt =
    "this is a fault of the program or of its libcurl; report it with the version of both";
constexpr std::string_view kCheckNetwork = "check the network and try again";
constexpr std::string_view kCheckCaFile = "check tls_ca_file, or AWS_CA_BUNDLE in the environment";
constexpr std::array kFailures = {
    TransportFailure{
        CURLE_COULDNT_RESOLVE_HOST, ErrorKind::kTransport, true,
        "check the endpoint, the region and the network; where the bucket is a part of "
        "the host's name, also the bucket, or set path_style"},
    TransportFailure{CURLE_COULDNT_RESOLVE_PROXY, ErrorKind::kTransport, true,
                     "check the proxy settings of the environment"},
    TransportFailure{CURLE_COULDNT_CONNECT, ErrorKind::kTransport, true,
                     "check the endpoint and that the service is running"},
    TransportFailure{CURLE_OPERATION_TIMEDOUT, ErrorKind::kTransport, true, kCheckNetwork},
    TransportFailure{CURLE_SSL_CONNECT_ERROR, ErrorKind::kTransport, true,
                     "check that the endpoint speaks TLS, or write it with http:// if it does not"},
    TransportFailure{CURLE_PEER_FAILED_VERIFICATION, ErrorKind::kConfig, false,
                     "check the endpoint, or name the certificate authority that signed its "
                     "certificate in tls_ca_file"},
    TransportFailure{CURLE_SSL_CACERT_BADFILE, ErrorKind::kConfig, false, kCheckCaFile},
    TransportFailure{CURLE_URL_MALFORMAT, ErrorKind::kConfig, false, "check the endpoint"},
    // Also an answer that is not HTTP.
    TransportFailure{CURLE_UNSUPPORTED_PROTOCOL, ErrorKind::kTransport, true,
                     "check that the endpoint is an S3 service"},
    TransportFailure{CURLE_BAD_FUNCTION_ARGUMENT, ErrorKind::kTransport, false, kReportIt},
    TransportFailure{CURLE_UNKNOWN_OPTION, ErrorKind::kTransport, false, kReportIt},
    TransportFailure{CURLE_SETOPT_OPTION_SYNTAX, ErrorKind::kTransport, false, kReportIt},
    TransportFailure{CURLE_NOT_BUILT_IN, ErrorKind::kTransport, false, kReportIt},
    TransportFailure{CURLE_FAILED_INIT, ErrorKind::kTransport, false, kReportIt},
};

}  // namespace

arrow::Status TunnelRefused(const Proxy& proxy, int http_status) {
  const std::string answer =
      "the proxy " + proxy.url + " answered with HTTP " + std::to_string(http_status);
  if (http_status == 407) {
    return MakeError(ErrorKind::kAccess, answer +
                                             ", it wants a user name and a password; write them "
                                             "into the proxy's URL in the environment");
  }
  return MakeError(ErrorInfo{.kind = ErrorKind::kTransport, .retryable = http_status >= 500},
                   answer + "; check the proxy settings of the environment");
}

arrow::Status FailureOf(CURLcode code, std::string_view text) {
  const auto* row = std::find_if(kFailures.begin(), kFailures.end(),
                                 [&](const auto& failure) { return failure.code == code; });
  const TransportFailure failure =
      row != kFailures.end() ? *row
                             : TransportFailure{code, ErrorKind::kTransport, true, kCheckNetwork};
  std::string reason(text.empty() ? curl_easy_strerror(code) : text);
  while (!reason.empty() && (reason.back() == '\n' || reason.back() == '.')) reason.pop_back();
  return MakeError(ErrorInfo{.kind = failure.kind, .retryable = failure.retryable},
                   reason + "; " + std::string(failure.advice));
}

}  // namespace s3
