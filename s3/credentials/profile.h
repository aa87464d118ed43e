// One profile of the AWS configuration files, as
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html describes them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "arrow/result.h"

namespace s3 {

/// Settings of one profile by their lower-case names.
using Profile = std::map<std::string, std::string, std::less<>>;

/// How the two files name their sections.
enum class ProfileSyntax {
  kConfigFile,       // [profile name], and [default]
  kCredentialsFile,  // [name]
  kSsoSession,       // [sso-session name], in the config file
};

/// Adds the settings of profile `name` in `text` to `profile`, over those of the same name there.
/// False if there is no such section. Skips lines that are not settings, and nested settings
/// (indented lines).
bool ReadProfile(std::string_view text, std::string_view name, ProfileSyntax syntax,
                 Profile& profile);

/// Paths of the files: AWS_CONFIG_FILE or ~/.aws/config, AWS_SHARED_CREDENTIALS_FILE or
/// ~/.aws/credentials.
std::string ConfigFilePath();
std::string CredentialsFilePath();

/// The profile from both files; the credentials file takes precedence. kConfig with the code
/// "NoSuchProfile" if neither has it.
[[nodiscard]] arrow::Result<Profile> LoadProfile(const std::string& name);

/// The section that a profile's sso_session names. kConfig if the config file does not have it.
[[nodiscard]] arrow::Result<Profile> LoadSsoSession(const std::string& name);

/// A setting's value; empty if it is not set.
std::string_view Setting(const Profile& profile, std::string_view name);

}  // namespace s3
