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
/// False when there is no such section. Lines that are no setting are passed over, as are nested
/// settings (indented lines).
bool ReadProfile(std::string_view text, std::string_view name, ProfileSyntax syntax,
                 Profile& profile);

/// Paths of the files: AWS_CONFIG_FILE or ~/.aws/config, AWS_SHARED_CREDENTIALS_FILE or
/// ~/.aws/credentials.
std::string ConfigFilePath();
std::string CredentialsFilePath();

/// The profile from both files; the credentials file wins. kConfig, with the code "NoSuchProfile",
/// when neither has it.
[[nodiscard]] arrow::Result<Profile> LoadProfile(const std::string& name);

/// The sign-in that a profile's sso_session names. kConfig when the config file has none of the
/// name.
[[nodiscard]] arrow::Result<Profile> LoadSsoSession(const std::string& name);

/// A setting's value; empty when it is not set.
std::string_view Setting(const Profile& profile, std::string_view name);

}  // namespace s3
