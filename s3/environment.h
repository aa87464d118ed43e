// The process's environment variables. Read only: nothing in this room changes them.
#pragma once

#include <cstdlib>
#include <string>

namespace s3 {

/// Empty when it is not set; the AWS SDKs make no difference either.
inline std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace s3
