// The environment variables of this process. Read only: nothing outside of tests changes them.
#pragma once

#include <cstdlib>
#include <string>

#include "base/text.h"

namespace base {

/// The variable's value. Empty if it is not set; the AWS SDKs do not distinguish the two either.
inline std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Whether a switch is set to "true", in upper or lower case.
inline bool IsOn(const char* name) { return EqualsIgnoringAsciiCase(Variable(name), "true"); }

}  // namespace base
