#include "s3/credentials/credential_chain.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "s3/credentials/container_metadata.h"
#include "s3/credentials/credential_answer.h"
#include "s3/credentials/credential_process.h"
#include "s3/credentials/instance_metadata.h"
#include "s3/credentials/profile.h"
#include "s3/credentials/sso.h"
#include "s3/credentials/sts.h"
#include "s3/http/url.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::MakeError;

/// Nothing: this source is not configured.
using Found = arrow::Result<std::optional<Credentials>>;

/// The failure with the place that it concerns before it.
arrow::Status In(const std::string& place, const arrow::Status& failure) {
  const base::ErrorInfo info = base::InfoOf(failure);
  if (info.kind == ErrorKind::kCancelled) return failure;
  return MakeError(info, place + ": " + base::MessageOf(failure));
}

Found In(const std::string& place, arrow::Result<Credentials> result) {
  if (!result.ok()) return In(place, result.status());
  return *std::move(result);
}

arrow::Status ProfileError(const std::string& name, const std::string& reason) {
  return MakeError(ErrorKind::kConfig, "profile " + base::Quoted(name) + " " + reason);
}

Role RoleOf(const Profile& profile) {
  Role role{.arn = std::string(Setting(profile, "role_arn")),
            .external_id = std::string(Setting(profile, "external_id")),
            .duration_seconds = std::string(Setting(profile, "duration_seconds"))};
  const std::string_view session = Setting(profile, "role_session_name");
  if (!session.empty()) role.session_name = session;
  return role;
}

/// A source without a role has no effect.
arrow::Status CheckRole(const std::string& name, const Profile& profile) {
  const bool has_role = !Setting(profile, "role_arn").empty();
  for (const char* source : {"source_profile", "credential_source", "web_identity_token_file"}) {
    if (!has_role && !Setting(profile, source).empty()) {
      return ProfileError(name, "has " + std::string(source) + " but no role_arn. Add it.");
    }
  }
  const std::string_view seconds = Setting(profile, "duration_seconds");
  if (seconds.find_first_not_of("0123456789") != std::string_view::npos) {
    return ProfileError(name, "has a duration_seconds that is not a whole number.");
  }
  if (has_role && !Setting(profile, "mfa_serial").empty()) {
    return MakeError(
        ErrorKind::kUnsupported,
        "profile " + base::Quoted(name) +
            " requires an MFA code (mfa_serial), which a sync cannot enter. Assume the "
            "role outside and put its keys into the environment, or use a "
            "credential_process.");
  }
  return arrow::Status::OK();
}

arrow::Result<SsoRole> SsoRoleOf(const std::string& name, const Profile& profile) {
  SsoRole role{.session = std::string(Setting(profile, "sso_session")),
               .account_id = std::string(Setting(profile, "sso_account_id")),
               .role_name = std::string(Setting(profile, "sso_role_name"))};
  Profile sign_in = profile;
  if (!role.session.empty()) {
    ARROW_ASSIGN_OR_RAISE(sign_in, LoadSsoSession(role.session));
  }
  role.start_url = Setting(sign_in, "sso_start_url");
  role.region = Setting(sign_in, "sso_region");
  const std::array<std::pair<const char*, const std::string*>, 4> needed = {
      {{"sso_start_url", &role.start_url},
       {"sso_region", &role.region},
       {"sso_account_id", &role.account_id},
       {"sso_role_name", &role.role_name}}};
  for (const auto& [setting, value] : needed) {
    if (value->empty()) {
      return ProfileError(name, "uses SSO but has no " + std::string(setting) + ". Add it.");
    }
  }
  return role;
}

bool UsesSso(const Profile& profile) {
  constexpr std::array kSettings = {"sso_session", "sso_start_url", "sso_account_id",
                                    "sso_role_name"};
  return std::any_of(kSettings.begin(), kSettings.end(),
                     [&](const char* name) { return !Setting(profile, name).empty(); });
}

Credentials KeysOfEnvironment() {
  return {.access_key = base::Variable("AWS_ACCESS_KEY_ID"),
          .secret_key = base::Variable("AWS_SECRET_ACCESS_KEY"),
          .session_token = base::Variable("AWS_SESSION_TOKEN")};
}

Credentials KeysOf(const Profile& profile) {
  return {.access_key = std::string(Setting(profile, "aws_access_key_id")),
          .secret_key = std::string(Setting(profile, "aws_secret_access_key")),
          .session_token = std::string(Setting(profile, "aws_session_token"))};
}

bool AreComplete(const Credentials& keys) {
  return !keys.access_key.empty() && !keys.secret_key.empty();
}

/// Whether the role is assumed with a web identity. Keys and other profiles take precedence.
bool UsesWebIdentity(const Profile& profile) {
  return !Setting(profile, "web_identity_token_file").empty() &&
         Setting(profile, "source_profile").empty() &&
         Setting(profile, "credential_source").empty() && !AreComplete(KeysOf(profile));
}

}  // namespace

/// One walk along the chain. Remembers which sources were not there.
class CredentialChain::Search {
 public:
  Search(const CredentialChain& chain, const std::stop_token& stop) : chain_(chain), stop_(stop) {}

  arrow::Result<Credentials> Run() {
    const std::string& named = chain_.options_.profile;
    Found found = named.empty() ? FromEnvironment() : Found(std::nullopt);
    if (found.ok() && !*found) found = FromFiles(named);
    if (found.ok() && !*found) found = FromMetadata();
    ARROW_RETURN_NOT_OK(found);
    if (!*found) return NothingFound();
    if (chain_.options_.role_arn.empty()) return **found;
    return AssumeRole(*chain_.services_, chain_.options_.region,
                      {.arn = chain_.options_.role_arn, .external_id = chain_.options_.external_id},
                      **found, stop_);
  }

 private:
  void Missed(std::string what) { missed_.push_back(std::move(what)); }

  Found FromEnvironment() {
    const Credentials keys = KeysOfEnvironment();
    if (AreComplete(keys)) return keys;
    Missed(std::string(keys.access_key.empty() ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY") +
           " (not set)");
    const std::string token_file = base::Variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (token_file.empty()) {
      Missed("AWS_WEB_IDENTITY_TOKEN_FILE (not set)");
      return std::nullopt;
    }
    Role role{.arn = base::Variable("AWS_ROLE_ARN")};
    if (role.arn.empty()) {
      return MakeError(ErrorKind::kConfig,
                       "AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not. Set both.");
    }
    const std::string session = base::Variable("AWS_ROLE_SESSION_NAME");
    if (!session.empty()) role.session_name = session;
    return In("AWS_WEB_IDENTITY_TOKEN_FILE", FromWebIdentity(role, token_file));
  }

  arrow::Result<Credentials> FromWebIdentity(const Role& role, const std::string& token_file) {
    return AssumeRoleWithWebIdentity(*chain_.services_, chain_.options_.region, role, token_file,
                                     stop_);
  }

  /// A profile that is named must exist; the default profile may be missing.
  Found FromFiles(std::string name) {
    if (name.empty()) name = base::Variable("AWS_PROFILE");
    if (name.empty()) name = base::Variable("AWS_DEFAULT_PROFILE");
    const bool is_named = !name.empty();
    if (!is_named) name = "default";
    const auto profile = LoadProfile(name);
    const std::string files = " in " + ConfigFilePath() + " and " + CredentialsFilePath();
    if (!profile.ok()) {
      if (is_named) return profile.status();
      Missed("profile \"default\"" + files + " (missing)");
      return std::nullopt;
    }
    Found found = FromProfile(name, *profile, {name});
    if (found.ok() && !*found)
      Missed("profile " + base::Quoted(name) + files + " (has no credentials)");
    return found;
  }

  /// `path`: the profiles that led here, including this one.
  Found FromProfile(const std::string& name, const Profile& profile,
                    const std::vector<std::string>& path) {
    ARROW_RETURN_NOT_OK(CheckRole(name, profile));
    const Role role = RoleOf(profile);
    if (UsesWebIdentity(profile)) {
      return In("profile " + base::Quoted(name),
                FromWebIdentity(role, std::string(Setting(profile, "web_identity_token_file"))));
    }
    const std::string source(Setting(profile, "source_profile"));
    Found found = source.empty() ? BaseOf(name, profile) : FromSourceProfile(source, profile, path);
    if (!found.ok() || role.arn.empty()) return found;
    // A role alone is assumed with the credentials of the container or the machine.
    if (!*found) {
      Missed("profile " + base::Quoted(name) + " (has a role but no credentials)");
      found = FromMetadata();
    }
    if (!found.ok()) return found;
    if (!*found) return NothingFound();
    return In("profile " + base::Quoted(name),
              AssumeRole(*chain_.services_, chain_.options_.region, role, **found, stop_));
  }

  Found FromSourceProfile(const std::string& source, const Profile& profile,
                          std::vector<std::string> path) {
    // A profile may assume its role with its own keys.
    if (source == path.back()) return FromOwnKeys(source, profile);
    const bool seen = std::find(path.begin(), path.end(), source) != path.end();
    path.push_back(source);
    if (seen) {
      std::string circle;
      for (const std::string& name : path) circle += (circle.empty() ? "" : " -> ") + name;
      return MakeError(ErrorKind::kConfig, "the source_profile settings form a circle (" + circle +
                                               "). Remove one of them.");
    }
    ARROW_ASSIGN_OR_RAISE(const Profile next, LoadProfile(source));
    ARROW_ASSIGN_OR_RAISE(auto found, FromProfile(source, next, path));
    if (!found) return ProfileError(source, "is a source_profile but has no credentials.");
    return found;
  }

  Found FromOwnKeys(const std::string& name, const Profile& profile) {
    const Credentials keys = KeysOf(profile);
    if (AreComplete(keys)) return keys;
    return ProfileError(name, "is its own source_profile but has no keys.");
  }

  Found BaseOf(const std::string& name, const Profile& profile) {
    const std::string place = "profile " + base::Quoted(name);
    const Credentials keys = KeysOf(profile);
    if (AreComplete(keys)) return keys;
    if (const auto source = Setting(profile, "credential_source"); !source.empty()) {
      return FromNamedSource(name, source);
    }
    if (UsesSso(profile)) {
      ARROW_ASSIGN_OR_RAISE(const SsoRole role, SsoRoleOf(name, profile));
      return In(place, FromSso(*chain_.services_, role, chain_.options_.region.hosts, stop_));
    }
    if (const auto command = Setting(profile, "credential_process"); !command.empty()) {
      return In(place + ", credential_process", FromProcess(std::string(command), stop_));
    }
    return std::nullopt;
  }

  Found FromNamedSource(const std::string& name, std::string_view source) {
    const std::string place = "profile " + base::Quoted(name) + ", credential_source";
    if (source == "Environment") {
      const Credentials keys = KeysOfEnvironment();
      if (AreComplete(keys)) return keys;
      return In(place,
                NoCredentials("AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set. Set both."));
    }
    if (source == "Ec2InstanceMetadata") {
      return In(place + " " + ShownUrl(InstanceMetadataEndpoint()),
                FromInstance(*chain_.metadata_, stop_));
    }
    if (source == "EcsContainer") return In(place, FromContainer(*chain_.metadata_, stop_));
    return ProfileError(name,
                        "has an unknown credential_source. Write Environment, "
                        "Ec2InstanceMetadata or EcsContainer.");
  }

  Found FromMetadata() {
    if (HasContainerCredentials()) {
      return In("the container's role", FromContainer(*chain_.metadata_, stop_));
    }
    Missed("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI (not set)");
    std::string place = "the machine's role";
    if (InstanceMetadataDisabled()) {
      Missed(place + " (AWS_EC2_METADATA_DISABLED)");
      return std::nullopt;
    }
    place += " at " + ShownUrl(InstanceMetadataEndpoint());
    auto found = FromInstance(*chain_.metadata_, stop_);
    if (found.ok()) return *std::move(found);
    if (base::KindOf(found.status()) == ErrorKind::kCancelled) return found.status();
    const std::string reason = base::MessageOf(found.status());
    Missed(place + " (" + reason.substr(0, reason.find(". ")) + ")");
    return std::nullopt;
  }

  arrow::Status NothingFound() const {
    std::string tried;
    for (const std::string& what : missed_) tried += (tried.empty() ? "" : ", ") + what;
    return NoCredentials(
        "no AWS credentials were found; tried " + tried +
        ". Set the keys in the environment, or name a profile that has credentials.");
  }

  const CredentialChain& chain_;
  const std::stop_token& stop_;
  std::vector<std::string> missed_;
};

arrow::Result<std::unique_ptr<CredentialChain>> CredentialChain::Make(ChainOptions options) {
  ARROW_ASSIGN_OR_RAISE(auto services, HttpClient::Make({.user_agent = options.user_agent,
                                                         .tls_ca_file = options.tls_ca_file,
                                                         .proxies = options.proxies}));
  ARROW_ASSIGN_OR_RAISE(auto metadata, HttpClient::Make({.user_agent = options.user_agent,
                                                         .connect_timeout = std::chrono::seconds(1),
                                                         .stall_timeout = std::chrono::seconds(2),
                                                         .tls_ca_file = options.tls_ca_file}));
  return std::unique_ptr<CredentialChain>(
      new CredentialChain(std::move(options), std::move(services), std::move(metadata)));
}

CredentialChain::CredentialChain(ChainOptions options, std::unique_ptr<HttpClient> services,
                                 std::unique_ptr<HttpClient> metadata)
    : options_(std::move(options)),
      services_(std::move(services)),
      metadata_(std::move(metadata)) {}

arrow::Result<Credentials> CredentialChain::Find(const std::stop_token& stop) const {
  return Search(*this, stop).Run();
}

}  // namespace s3
