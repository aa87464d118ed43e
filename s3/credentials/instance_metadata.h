// Credentials of the role of the machine, from the metadata service of EC2, version 2 (IMDSv2).
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
#pragma once

#include <stop_token>
#include <string>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"
#include "s3/http/http_client.h"

namespace s3 {

/// Whether AWS_EC2_METADATA_DISABLED is "true". The service must not be asked then.
bool InstanceMetadataDisabled();

/// AWS_EC2_METADATA_SERVICE_ENDPOINT, else "http://169.254.169.254".
std::string InstanceMetadataEndpoint();

/// `http` must not use proxies and should have short timeouts: outside of EC2 there may be no
/// service, and a missing response is not retried. Errors are those of Ask.
[[nodiscard]] arrow::Result<Credentials> FromInstance(HttpClient& http,
                                                      const std::stop_token& stop);

}  // namespace s3
