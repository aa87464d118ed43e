#include "s3/credentials/profile.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"

namespace s3 {
namespace {

constexpr std::string_view kBlank = " \t\r";

/// The name in a section header "[...]"; nothing if the section is of another kind.
std::optional<std::string> SectionName(std::string_view line, ProfileSyntax syntax) {
  const auto close = line.find(']');
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view name = base::Trimmed(line.substr(1, close - 1));
  if (syntax == ProfileSyntax::kCredentialsFile) return std::string(name);
  if (syntax == ProfileSyntax::kConfigFile && name == "default") return std::string(name);
  const std::string_view prefix = syntax == ProfileSyntax::kConfigFile ? "profile" : "sso-session";
  if (!name.starts_with(prefix) || name.size() == prefix.size() ||
      kBlank.find(name[prefix.size()]) == std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(base::Trimmed(name.substr(prefix.size())));
}

/// A comment begins with '#' or ';' after a blank.
std::string_view WithoutComment(std::string_view value) {
  for (size_t i = 1; i < value.size(); ++i) {
    if ((value[i] == '#' || value[i] == ';') && kBlank.find(value[i - 1]) != std::string_view::npos)
      return value.substr(0, i);
  }
  return value;
}

std::string FilePath(const char* variable, const char* below_home) {
  const std::string path = base::Variable(variable);
  return path.empty() ? base::Variable("HOME") + below_home : path;
}

/// Empty if the file cannot be read. A missing file is not an error, because the other one may be
/// enough.
std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

bool ReadProfile(std::string_view text, std::string_view name, ProfileSyntax syntax,
                 Profile& profile) {
  bool found = false;
  bool inside = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view content = base::Trimmed(line);
    if (content.empty() || content[0] == '#' || content[0] == ';') continue;
    if (content[0] == '[') {
      inside = SectionName(content, syntax) == name;
      found = found || inside;
      continue;
    }
    const auto equals = line.find('=');
    const bool nested = kBlank.find(line[0]) != std::string_view::npos;
    if (!inside || nested || equals == std::string_view::npos) continue;
    profile[base::ToLowerAscii(base::Trimmed(line.substr(0, equals)))] =
        base::Trimmed(WithoutComment(line.substr(equals + 1)));
  }
  return found;
}

std::string ConfigFilePath() { return FilePath("AWS_CONFIG_FILE", "/.aws/config"); }

std::string CredentialsFilePath() {
  return FilePath("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials");
}

arrow::Result<Profile> LoadProfile(const std::string& name) {
  Profile profile;
  const bool in_config =
      ReadProfile(FileText(ConfigFilePath()), name, ProfileSyntax::kConfigFile, profile);
  const bool in_credentials =
      ReadProfile(FileText(CredentialsFilePath()), name, ProfileSyntax::kCredentialsFile, profile);
  if (!in_config && !in_credentials) {
    return base::MakeError({.kind = base::ErrorKind::kConfig, .code = "NoSuchProfile"},
                           "there is no profile " + base::Quoted(name) + " in " + ConfigFilePath() +
                               " or " + CredentialsFilePath() +
                               ". Add it, or name another profile.");
  }
  return profile;
}

arrow::Result<Profile> LoadSsoSession(const std::string& name) {
  Profile session;
  if (ReadProfile(FileText(ConfigFilePath()), name, ProfileSyntax::kSsoSession, session)) {
    return session;
  }
  return base::MakeError(base::ErrorKind::kConfig, "there is no [sso-session " + name + "] in " +
                                                       ConfigFilePath() + ". Add it.");
}

std::string_view Setting(const Profile& profile, std::string_view name) {
  const auto found = profile.find(name);
  return found == profile.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace s3
