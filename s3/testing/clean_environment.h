// For tests: an environment without variables of AWS and of proxies, and a home of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace s3 {

/// A fixture that restores the environment afterwards. The metadata service of machines is
/// disabled.
class CleanEnvironment : public testing::Test {
 protected:
  CleanEnvironment() {
    std::vector<std::string> names;
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string_view text = *variable;
      const std::string_view name = text.substr(0, text.find('='));
      if (name.starts_with("AWS_") || name == "SSL_CERT_FILE" || name.ends_with("_proxy") ||
          name.ends_with("_PROXY")) {
        names.emplace_back(name);
      }
    }
    for (const std::string& name : names) Set(name, std::nullopt);
    std::string folder = std::filesystem::temp_directory_path() / "credentials-test-XXXXXX";
    home_ = mkdtemp(folder.data());
    Set("HOME", home_.string());
    Set("AWS_EC2_METADATA_DISABLED", "true");
  }

  ~CleanEnvironment() override {
    for (const auto& [name, value] : before_) Apply(name, value);
    std::filesystem::remove_all(home_);
  }

  void Set(const std::string& name, const std::optional<std::string>& value) {
    const char* old = std::getenv(name.c_str());
    before_.emplace(name, old != nullptr ? std::optional<std::string>(old) : std::nullopt);
    Apply(name, value);
  }

  void SetKeys() {
    Set("AWS_ACCESS_KEY_ID", "ENVKEY");
    Set("AWS_SECRET_ACCESS_KEY", "env-secret");
    Set("AWS_SESSION_TOKEN", "env-token");
  }

  const std::filesystem::path& home() const { return home_; }

  /// Returns the file's path.
  std::string Write(const std::string& below_home, const std::string& text) {
    const std::filesystem::path path = home_ / below_home;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }

  void WriteConfig(const std::string& text) { Write(".aws/config", text); }

 private:
  static void Apply(const std::string& name, const std::optional<std::string>& value) {
    if (value) {
      setenv(name.c_str(), value->c_str(), 1);
    } else {
      unsetenv(name.c_str());
    }
  }

  std::map<std::string, std::optional<std::string>> before_;
  std::filesystem::path home_;
};

}  // namespace s3
