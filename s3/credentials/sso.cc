#include "s3/credentials/sso.h"

#include <openssl/sha.h>

#include <array>
#include <chrono>

#include "base/environment.h"
#include "base/sha256.h"
#include "base/text.h"
#include "s3/credentials/credential_answer.h"
#include "s3/credentials/credential_service.h"
#include "s3/http/url.h"

namespace s3 {
namespace {

constexpr char kSignIn[] = "Sign in with: aws sso login";
constexpr PartNames kNames = {.access_key = "accessKeyId",
                              .secret_key = "secretAccessKey",
                              .session_token = "sessionToken",
                              .expiration = "expiration"};

arrow::Result<std::string> ReadToken(const std::string& path) {
  const auto text = ReadSecretFile(path);
  if (!text.ok()) return NoCredentials("there is no sign-in (" + path + " is missing). " + kSignIn);
  const nlohmann::json json = ParseJson(*text);
  std::string token = TextOf(json, "accessToken");
  const auto expires = ParseExpiration(TextOf(json, "expiresAt"));
  if (token.empty() || !expires) {
    return NoCredentials(path + " contains no token. " + kSignIn);
  }
  if (*expires <= std::chrono::system_clock::now()) {
    return NoCredentials("the sign-in in " + path + " has expired. " + kSignIn);
  }
  return token;
}

}  // namespace

std::string SsoTokenPath(std::string_view session_or_start_url) {
  std::array<uint8_t, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const uint8_t*>(session_or_start_url.data()), session_or_start_url.size(),
       digest.data());
  return base::Variable("HOME") + "/.aws/sso/cache/" + base::ToHex(digest) + ".json";
}

arrow::Result<Credentials> FromSso(HttpClient& http, const SsoRole& role, HostVariant hosts,
                                   const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(
      const std::string token,
      ReadToken(SsoTokenPath(role.session.empty() ? role.start_url : role.session)));
  ARROW_ASSIGN_OR_RAISE(const std::string origin,
                        ServiceOrigin("AWS_ENDPOINT_URL_SSO", "portal.sso", {role.region, hosts}));
  ServiceRequest request;
  request.http.url = origin + "/federation/credentials?role_name=" +
                     PercentEncode(role.role_name, /*keep_slash=*/false) +
                     "&account_id=" + PercentEncode(role.account_id, /*keep_slash=*/false);
  request.http.headers = {"x-amz-sso_bearer_token: " + token};
  request.what = "cannot get credentials of the role " + role.role_name + " of account " +
                 role.account_id + " from " + ShownUrl(origin);
  request.advice = std::string("Check account and role. ") + kSignIn;
  request.secret = token;
  ARROW_ASSIGN_OR_RAISE(const std::string answer, Ask(http, request, stop));
  return CredentialsFromJson(answer, kNames, "roleCredentials");
}

}  // namespace s3
