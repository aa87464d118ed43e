#include "cloudquery/state/backend_plugin.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "plugin.grpc.pb.h"

namespace cloudquery {
namespace {

namespace fs = std::filesystem;
namespace pb = ::cloudquery::plugin::v3;
using base::ErrorKind;
using base::MakeError;
using base::Quoted;

constexpr std::chrono::seconds kStartTimeout{30};
// A database may take long to store what it was given.
constexpr std::chrono::minutes kCloseTimeout{2};
constexpr std::chrono::seconds kExitTimeout{5};
constexpr std::chrono::milliseconds kPoll{20};

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

arrow::Result<std::string> ExecutableOf(const PluginConfig& config,
                                        const std::string& cq_directory) {
  if (config.registry == "local") return config.path;
  if (!config.registry.empty() && config.registry != "cloudquery") {
    return MakeError(ErrorKind::kConfig,
                     "destination " + Quoted(config.name) + " has the registry " +
                         Quoted(config.registry) +
                         ", whose plugins only the CLI starts. Use local, grpc or cloudquery");
  }
  const fs::path path =
      fs::path(cq_directory) / "plugins" / "destination" / config.path / config.version / "plugin";
  if (fs::exists(path)) return path.string();
  return MakeError(ErrorKind::kConfig, "the plugin of destination " + Quoted(config.name) +
                                           " is not at " + Quoted(path.string()) +
                                           ". Sync once, so that the CLI downloads it, or say "
                                           "with --cq-dir where the CLI keeps plugins");
}

arrow::Result<pid_t> Spawn(const std::string& executable, const std::string& socket) {
  const std::array<std::string, 6> words = {executable, "serve",     "--network",
                                            "unix",     "--address", socket};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Its log would be in the middle of the command's output.
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t process = -1;
  const int error =
      posix_spawn(&process, executable.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return process;
  return MakeError(ErrorKind::kConfig, "cannot start the plugin " + Quoted(executable) + ": " +
                                           std::generic_category().message(error));
}

}  // namespace

arrow::Status BackendPlugin::Launch(const std::string& executable) {
  std::string folder = (fs::temp_directory_path() / "cq-state-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    return MakeError(ErrorKind::kConfig, "cannot create the folder " + Quoted(folder) + ": " +
                                             std::generic_category().message(errno));
  }
  folder_ = folder;
  connection_ = "unix:" + folder_ + "/plugin.sock";
  ARROW_ASSIGN_OR_RAISE(process_, Spawn(executable, folder_ + "/plugin.sock"));
  return arrow::Status::OK();
}

arrow::Status BackendPlugin::Configure(const PluginConfig& config, std::stop_token stop) {
  const auto channel = Connect(connection_);
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  while (!channel->WaitForConnected(std::chrono::system_clock::now() + kPoll)) {
    if (stop.stop_requested()) return base::Cancelled();
    const bool ended = process_ > 0 && waitpid(process_, nullptr, WNOHANG) == process_;
    if (ended) process_ = -1;
    if (ended || std::chrono::steady_clock::now() > deadline) {
      return MakeError(ErrorKind::kTransport,
                       "the plugin of destination " + Quoted(config.name) + " at " + connection_ +
                           " does not start. Check its path, and that a sync works");
    }
  }
  const auto plugin = pb::Plugin::NewStub(channel);
  grpc::ClientContext context;
  pb::Init::Request request;
  request.set_spec(config.spec_json);
  pb::Init::Response response;
  const grpc::Status status = plugin->Init(&context, request, &response);
  if (!status.ok()) {
    return MakeError(ErrorKind::kTransport, "destination " + Quoted(config.name) +
                                                " refuses its spec: " + status.error_message());
  }
  configured_ = true;
  return arrow::Status::OK();
}

arrow::Result<std::unique_ptr<BackendPlugin>> BackendPlugin::Start(const PluginConfig& config,
                                                                   const std::string& cq_directory,
                                                                   std::stop_token stop) {
  std::unique_ptr<BackendPlugin> plugin(new BackendPlugin);
  if (config.registry == "grpc") {
    plugin->connection_ = config.path;
  } else {
    ARROW_ASSIGN_OR_RAISE(const std::string executable, ExecutableOf(config, cq_directory));
    ARROW_RETURN_NOT_OK(plugin->Launch(executable));
  }
  ARROW_RETURN_NOT_OK(plugin->Configure(config, std::move(stop)));
  return plugin;
}

arrow::Status BackendPlugin::Close() {
  if (!std::exchange(configured_, false)) return arrow::Status::OK();
  const auto plugin = pb::Plugin::NewStub(Connect(connection_));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCloseTimeout);
  pb::Close::Response response;
  const grpc::Status status = plugin->Close(&context, {}, &response);
  // A plugin need not have this call.
  if (status.ok() || status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return arrow::Status::OK();
  }
  return MakeError(ErrorKind::kTransport,
                   "the plugin that keeps the state failed at its end: " + status.error_message());
}

BackendPlugin::~BackendPlugin() {
  (void)Close();
  if (process_ > 0) {
    kill(process_, SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + kExitTimeout;
    while (waitpid(process_, nullptr, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) kill(process_, SIGKILL);
      std::this_thread::sleep_for(kPoll);
    }
  }
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

}  // namespace cloudquery
