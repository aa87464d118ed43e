// Builds the pieces and hands each what it needs.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "base/environment.h"
#include "base/time.h"
#include "cloudquery/server/command_line.h"
#include "cloudquery/state.h"
#include "s3/environment.h"
#include "s3/hedged_store.h"
#include "s3/s3_store.h"
#include "source/commands/preview_command.h"
#include "source/commands/state_command.h"
#include "source/s3_source.h"

namespace {

constexpr int kMaxConnections = 512;

arrow::Result<std::shared_ptr<s3::ObjectStore>> MakeStore(const source::Spec& spec,
                                                          cloudquery::Logger& log) {
  const int connections =
      spec.concurrency < 0 ? kMaxConnections
                           : static_cast<int>(std::min<int64_t>(spec.concurrency, kMaxConnections));
  ARROW_ASSIGN_OR_RAISE(const auto retry_timeout, base::ParseDuration(spec.retry_timeout));
  const s3::RetryPolicy retry = {
      .timeout = std::chrono::duration_cast<std::chrono::milliseconds>(retry_timeout)};
  ARROW_ASSIGN_OR_RAISE(s3::S3Options options,
                        s3::CompleteFromEnvironment(
                            {.bucket = spec.bucket,
                             .region = spec.region,
                             .endpoint = spec.endpoint,
                             .path_style = spec.path_style,
                             .requester_pays = spec.requester_pays,
                             .user_agent = "cq-source-s3/" CQ_VERSION,
                             .max_connections = connections,
                             .tls_ca_file = spec.tls_ca_file,
                             .tls_insecure_skip_verify = spec.tls_insecure_skip_verify,
                             .retry = retry,
                             .warn = [&log](const std::string& warning) { log.Warn(warning); }},
                            {.anonymous = spec.anonymous,
                             .profile = spec.local_profile,
                             .role_arn = spec.role_arn,
                             .external_id = spec.external_id}));
  ARROW_ASSIGN_OR_RAISE(auto store, s3::S3Store::Make(std::move(options)));
  return std::make_shared<s3::HedgedStore>(std::move(store));
}

}  // namespace

int main(int argc, char** argv) {
  // Set by the launcher of the one file (launcher/launch.cc).
  const std::string one_file = base::Variable("CQ_SOURCE_S3_ONE_FILE");
  const cloudquery::PluginInfo info{.name = "s3",
                                    .team = "cq-source-s3",
                                    .version = "v" CQ_VERSION,
                                    .title = "CloudQuery source plugin for S3",
                                    .executable = one_file.empty() ? "/proc/self/exe" : one_file,
                                    .hub_docs = "packaging/hub"};
  const auto make_store = [](cloudquery::Logger& log) {
    return [&log](const source::Spec& spec) { return MakeStore(spec, log); };
  };
  return cloudquery::RunPlugin(
      argc, argv, info,
      [&](cloudquery::Logger& log) {
        return std::make_unique<source::S3Source>(make_store(log), cloudquery::OpenState, log,
                                                  info.version);
      },
      {source::PreviewCommand(make_store, info.version), source::StateCommand()});
}
