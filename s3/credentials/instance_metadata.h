// Credentials of the role of the machine, from the metadata service of EC2, version 2 (IMDSv2).
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
#pragma once

#include <stop_token>
#include <string>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"
#include "s3/http/http_client.h"

namespace s3 {

/// Whether AWS_EC2_METADATA_DISABLED is "true": then nobody is to be asked.
bool InstanceMetadataDisabled();

/// "http://169.254.169.254", or what AWS_EC2_METADATA_SERVICE_ENDPOINT says.
std::string InstanceMetadataEndpoint();

/// `http` must not use proxies and should have short timeouts: outside of EC2 there may be nothing
/// that answers, which is believed at once. Errors are those of Ask.
[[nodiscard]] arrow::Result<Credentials> FromInstance(HttpClient& http,
                                                      const std::stop_token& stop);

}  // namespace s3
