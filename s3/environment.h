// What the environment says about S3: the settings that S3Options leave open, and credentials.
#pragma once

#include <string>

#include "arrow/result.h"
#include "s3/s3_options.h"

namespace s3 {

/// Whose credentials requests are signed with.
struct Identity {
  /// Requests are not signed, as public buckets accept them. The other members have no effect then.
  bool anonymous = false;
  /// See ChainOptions.
  std::string profile;
  std::string role_arn;
  std::string external_id;
};

/// Sets what `options` leave empty from the variables of the AWS SDKs and of proxies
/// (https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html):
///
///   endpoint      AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL; neither if
///                 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is "true"
///   tls_ca_file   AWS_CA_BUNDLE, else SSL_CERT_FILE
///   hosts         AWS_USE_DUALSTACK_ENDPOINT, AWS_USE_FIPS_ENDPOINT
///   proxies       see ProxiesFrom
///   credentials   see CredentialChain
///
/// Contacts no server and looks for no credentials yet. kConfig if the proxy or the CA file cannot
/// be used.
[[nodiscard]] arrow::Result<S3Options> CompleteFromEnvironment(S3Options options,
                                                               const Identity& identity);

}  // namespace s3
