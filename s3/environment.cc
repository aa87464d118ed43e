#include "s3/environment.h"

#include <memory>
#include <utility>

#include "base/environment.h"
#include "s3/credentials/credential_chain.h"

namespace s3 {
namespace {

std::string EndpointOfEnvironment() {
  if (base::IsOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) return "";
  const std::string endpoint = base::Variable("AWS_ENDPOINT_URL_S3");
  return endpoint.empty() ? base::Variable("AWS_ENDPOINT_URL") : endpoint;
}

}  // namespace

arrow::Result<S3Options> CompleteFromEnvironment(S3Options options, const Identity& identity) {
  if (options.endpoint.empty()) options.endpoint = EndpointOfEnvironment();
  for (const char* variable : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (options.tls_ca_file.empty()) options.tls_ca_file = base::Variable(variable);
  }
  options.hosts = {.dualstack = base::IsOn("AWS_USE_DUALSTACK_ENDPOINT"),
                   .fips = base::IsOn("AWS_USE_FIPS_ENDPOINT")};
  ARROW_ASSIGN_OR_RAISE(options.proxies, ProxiesFrom(&base::Variable));
  if (identity.anonymous) return options;
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<CredentialChain> chain,
                        CredentialChain::Make({.profile = identity.profile,
                                               .role_arn = identity.role_arn,
                                               .external_id = identity.external_id,
                                               .region = {options.region, options.hosts},
                                               .user_agent = options.user_agent,
                                               .proxies = options.proxies,
                                               .tls_ca_file = options.tls_ca_file}));
  options.credentials = [chain](const std::stop_token& stop) { return chain->Find(stop); };
  return options;
}

}  // namespace s3
