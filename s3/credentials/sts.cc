#include "s3/credentials/sts.h"

#include <pugixml.hpp>
#include <utility>
#include <vector>

#include "base/error.h"
#include "s3/credentials/credential_answer.h"
#include "s3/credentials/credential_service.h"
#include "s3/http/url.h"

namespace s3 {
namespace {

/// An HTML form with the parameters that have a value.
std::string Form(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string form = "Version=2011-06-15";
  for (const auto& [name, value] : parameters) {
    if (!value.empty()) form += "&" + name + "=" + PercentEncode(value, /*keep_slash=*/false);
  }
  return form;
}

/// The credentials in the answer to `action`.
arrow::Result<Credentials> ParseAnswer(const std::string& xml, const std::string& action) {
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size());
  const pugi::xml_node found = document.child((action + "Response").c_str())
                                   .child((action + "Result").c_str())
                                   .child("Credentials");
  Credentials credentials{.access_key = found.child_value("AccessKeyId"),
                          .secret_key = found.child_value("SecretAccessKey"),
                          .session_token = found.child_value("SessionToken"),
                          .expires = ParseExpiration(found.child_value("Expiration"))};
  if (credentials.access_key.empty() || credentials.secret_key.empty() || !credentials.expires) {
    return NoCredentials("STS answered without credentials. Check AWS_ENDPOINT_URL_STS.");
  }
  return credentials;
}

arrow::Result<Credentials> AskSts(HttpClient& http, const std::string& action,
                                  const AwsRegion& region, ServiceRequest request, const Role& role,
                                  const std::string& form, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const std::string origin,
                        ServiceOrigin("AWS_ENDPOINT_URL_STS", "sts", region));
  request.what = "cannot assume the role " + role.arn + " at " + ShownUrl(origin);
  request.http.method = "POST";
  request.http.url = origin + "/";
  request.http.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
  request.http.body = form;
  ARROW_ASSIGN_OR_RAISE(const std::string answer, Ask(http, request, stop));
  return ParseAnswer(answer, action);
}

}  // namespace

arrow::Result<Credentials> AssumeRole(HttpClient& http, const AwsRegion& region, const Role& role,
                                      const Credentials& caller, const std::stop_token& stop) {
  ServiceRequest request{.advice = "Check the role's name, and that it trusts these credentials.",
                         .secret = caller.session_token};
  if (!caller.session_token.empty()) {
    request.http.headers.push_back("X-Amz-Security-Token: " + caller.session_token);
  }
  request.http.signing = HttpSigning{.access_key = caller.access_key,
                                     .secret_key = caller.secret_key,
                                     .region = region.name,
                                     .service = "sts"};
  return AskSts(http, "AssumeRole", region, std::move(request), role,
                Form({{"Action", "AssumeRole"},
                      {"RoleArn", role.arn},
                      {"RoleSessionName", role.session_name},
                      {"ExternalId", role.external_id},
                      {"DurationSeconds", role.duration_seconds}}),
                stop);
}

arrow::Result<Credentials> AssumeRoleWithWebIdentity(HttpClient& http, const AwsRegion& region,
                                                     const Role& role,
                                                     const std::string& token_file,
                                                     const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const std::string token, ReadSecretFile(token_file));
  ServiceRequest request{
      .advice = "Check that the role trusts the issuer of the token in " + token_file + ".",
      .secret = token};
  return AskSts(http, "AssumeRoleWithWebIdentity", region, std::move(request), role,
                Form({{"Action", "AssumeRoleWithWebIdentity"},
                      {"RoleArn", role.arn},
                      {"RoleSessionName", role.session_name},
                      {"WebIdentityToken", token},
                      {"DurationSeconds", role.duration_seconds}}),
                stop);
}

}  // namespace s3
