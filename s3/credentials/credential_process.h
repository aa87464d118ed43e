// Credentials that a program prints: the setting credential_process of a profile.
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

/// Runs the command in a shell with empty input. Kills it and all processes that it started if
/// `stop` is requested or a limit is exceeded. It inherits only the environment of this process.
/// Its standard error is discarded, and no error text contains its output. kAccess if it prints no
/// credentials.
[[nodiscard]] arrow::Result<Credentials> FromProcess(const std::string& command,
                                                     const std::stop_token& stop,
                                                     const ProcessLimits& limits = {});

}  // namespace s3
