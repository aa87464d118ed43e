#include "s3/credentials/container_metadata.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "s3/credentials/credential_answer.h"
#include "s3/credentials/credential_service.h"

namespace s3 {
namespace {

constexpr char kRelative[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr char kFull[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr char kEcsOrigin[] = "http://169.254.170.2";
// Beside 127.0.0.0/8 and 169.254.170.0/24.
constexpr std::array<std::string_view, 3> kTrustedHosts = {"localhost", "[::1]", "[fd00:ec2::23]"};

/// Whether there are only letters, digits and separators. A user name before '@', for instance,
/// would hide the real host.
bool IsPlainAuthority(std::string_view authority) {
  return std::all_of(authority.begin(), authority.end(), [](char c) {
    return base::IsAsciiAlphanumeric(c) ||
           std::string_view("-.:[]").find(c) != std::string_view::npos;
  });
}

/// Without the port, which is what follows a colon outside of brackets.
std::string HostOf(std::string_view authority) {
  const auto colon = authority.rfind(':');
  const auto bracket = authority.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  return std::string(has_port ? authority.substr(0, colon) : authority);
}

arrow::Result<std::string> Url() {
  const std::string relative = base::Variable(kRelative);
  if (!relative.empty()) {
    if (relative.starts_with('/')) return kEcsOrigin + relative;
    return base::MakeError(base::ErrorKind::kConfig,
                           std::string(kRelative) + " must begin with a slash.");
  }
  std::string full = base::Variable(kFull);
  if (IsTrustedContainerUrl(full)) return full;
  return base::MakeError(base::ErrorKind::kConfig,
                         std::string(kFull) +
                             " names a host that is not trusted with the container's token. It "
                             "must begin with https://, or be on the loopback interface or an "
                             "address of ECS or EKS.");
}

arrow::Result<std::string> AuthorizationToken() {
  const std::string file = base::Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!file.empty()) return ReadSecretFile(file);
  return base::Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
}

}  // namespace

bool HasContainerCredentials() {
  return !base::Variable(kRelative).empty() || !base::Variable(kFull).empty();
}

bool IsTrustedContainerUrl(std::string_view url) {
  if (url.starts_with("https://")) return true;
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return false;
  url.remove_prefix(kScheme.size());
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  if (!IsPlainAuthority(authority)) return false;
  const std::string host = HostOf(authority);
  if (std::find(kTrustedHosts.begin(), kTrustedHosts.end(), host) != kTrustedHosts.end()) {
    return true;
  }
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) != 1) return false;
  const uint32_t number = ntohl(address.s_addr);
  constexpr uint32_t kEcsNetwork = 169U << 24 | 254U << 16 | 170U << 8;
  return number >> 24 == 127 || (number & 0xffffff00U) == kEcsNetwork;
}

arrow::Result<Credentials> FromContainer(HttpClient& http, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const std::string url, Url());
  ARROW_ASSIGN_OR_RAISE(const std::string token, AuthorizationToken());
  ServiceRequest request;
  request.http.url = url;
  request.what = std::string("cannot get credentials from ") +
                 (base::Variable(kRelative).empty() ? kFull : kRelative);
  request.advice = "Check the role of the container.";
  request.secret = token;
  if (!token.empty()) request.http.headers.push_back("Authorization: " + token);
  ARROW_ASSIGN_OR_RAISE(const std::string answer, Ask(http, request, stop));
  return CredentialsFromJson(answer, {});
}

}  // namespace s3
