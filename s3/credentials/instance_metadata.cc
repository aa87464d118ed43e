#include "s3/credentials/instance_metadata.h"

#include <algorithm>
#include <utility>

#include "base/environment.h"
#include "base/text.h"
#include "s3/credentials/credential_answer.h"
#include "s3/credentials/credential_service.h"
#include "s3/http/url.h"

namespace s3 {
namespace {

constexpr char kTokenPath[] = "/latest/api/token";
constexpr char kRolePath[] = "/latest/meta-data/iam/security-credentials/";

ServiceRequest About(const std::string& what, const std::string& advice) {
  return {.what = what, .advice = advice, .attempts_without_answer = 1};
}

}  // namespace

bool InstanceMetadataDisabled() { return base::IsOn("AWS_EC2_METADATA_DISABLED"); }

std::string InstanceMetadataEndpoint() {
  std::string endpoint = base::Variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (!endpoint.empty()) return endpoint;
  const bool ipv6 = base::EqualsIgnoringAsciiCase(
      base::Variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "ipv6");
  return ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
}

arrow::Result<Credentials> FromInstance(HttpClient& http, const std::stop_token& stop) {
  const std::string endpoint = InstanceMetadataEndpoint();
  ServiceRequest session = About("cannot get a token", "Check that it allows version 2.");
  session.http = {.method = "PUT",
                  .url = endpoint + kTokenPath,
                  .headers = {"X-aws-ec2-metadata-token-ttl-seconds: 60"}};
  ARROW_ASSIGN_OR_RAISE(const std::string token, Ask(http, session, stop));

  ServiceRequest list = About("cannot get the role", "Give the machine a role.");
  list.secret = token;
  list.http = {.url = endpoint + kRolePath, .headers = {"X-aws-ec2-metadata-token: " + token}};
  ARROW_ASSIGN_OR_RAISE(std::string role, Ask(http, list, stop));
  role.resize(std::min(role.find_first_of("\r\n"), role.size()));
  if (role.empty()) return NoCredentials("the machine has no role.");

  ServiceRequest keys = std::move(list);
  keys.what = "cannot get the keys of role " + role;
  keys.http.url += PercentEncode(role, /*keep_slash=*/false);
  ARROW_ASSIGN_OR_RAISE(const std::string answer, Ask(http, keys, stop));
  return CredentialsFromJson(answer, {});
}

}  // namespace s3
