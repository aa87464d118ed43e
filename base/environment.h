// The process's environment variables. Read only: nothing in this room changes them.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

namespace base {

/// Empty when it is not set; the AWS SDKs make no difference either.
inline std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

inline std::string LowerCaseVariable(const char* name) {
  std::string value = Variable(name);
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value;
}

/// Whether a switch is set to "true", in any case.
inline bool IsOn(const char* name) { return LowerCaseVariable(name) == "true"; }

}  // namespace base
