// Credentials that another program prints: the setting credential_process of a profile.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"

namespace s3 {

struct ProcessLimits {
  std::chrono::milliseconds time = std::chrono::minutes(1);
  size_t output_bytes = 64 * 1024;
};

/// Runs the command in a shell, with nothing to read, and kills it with all that it started when
/// `stop` is requested or a limit is passed. Of this process it inherits the environment alone; its
/// errors go nowhere and its output into no error text. kAccess when it brings no credentials.
[[nodiscard]] arrow::Result<Credentials> FromProcess(const std::string& command,
                                                     const std::stop_token& stop,
                                                     const ProcessLimits& limits = {});

}  // namespace s3
