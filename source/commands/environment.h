// The environment of the process, for commands. Thread-safe while nothing changes it.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace source {

inline std::optional<std::string> EnvironmentVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace source
