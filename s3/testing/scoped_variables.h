// For tests: environment variables that are set for a while.
#pragma once

#include <cstdlib>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>

namespace s3 {

/// Sets variables (an empty value removes one) and puts back what was there. For one thread.
class ScopedVariables {
 public:
  ScopedVariables(std::initializer_list<std::pair<const char*, std::string>> variables) {
    for (const auto& [name, value] : variables) {
      const char* before = std::getenv(name);
      before_[name] = before != nullptr ? before : "";
      Put(name, value);
    }
  }
  ~ScopedVariables() {
    for (const auto& [name, value] : before_) Put(name, value);
  }
  ScopedVariables(const ScopedVariables&) = delete;
  ScopedVariables& operator=(const ScopedVariables&) = delete;

 private:
  static void Put(const std::string& name, const std::string& value) {
    if (value.empty()) {
      unsetenv(name.c_str());
    } else {
      setenv(name.c_str(), value.c_str(), /*overwrite=*/1);
    }
  }

  std::map<std::string, std::string> before_;
};

}  // namespace s3
