#include "cloudquery/server/serve.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "cloudquery/server/plugin_service.h"

namespace cloudquery {
namespace {

// Largest message that the CLI sends and takes (plugin-pb-go, managedplugin: 200 MiB).
constexpr int kMaxMessageBytes = 200 * 1024 * 1024;

// What gRPC gathers of small messages before it writes to the socket (its default: 64 KiB).
constexpr int kWriteBufferBytes = 1024 * 1024;

// The CLI sends SIGKILL five seconds after SIGINT.
constexpr std::chrono::seconds kShutdownGrace{2};

// gRPC's own log has no user pointer.
std::atomic<Logger*> grpc_log{nullptr};

// Keeps gRPC's log off standard error, which the CLI hands straight to the user's terminal.
class GrpcLogRedirect {
 public:
  explicit GrpcLogRedirect(Logger& log) {
    grpc_log = &log;
    gpr_set_log_function([](gpr_log_func_args* args) {
      if (Logger* target = grpc_log) {
        target->Debug(args->message, {{"component", "grpc"}});
      }
    });
  }
  ~GrpcLogRedirect() { grpc_log = nullptr; }
};

// SIGINT and SIGTERM as something to wait for.
class StopSignals {
 public:
  StopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    fd_ = signalfd(-1, &signals, SFD_CLOEXEC);
  }
  ~StopSignals() { close(fd_); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Returns why it returned.
  std::string_view Wait(bool follow_parent) const {
    const pid_t parent = getppid();
    for (;;) {
      pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, /*milliseconds=*/500) > 0) return "signal";
      if (follow_parent && getppid() != parent) return "the parent process is gone";
    }
  }

 private:
  int fd_ = -1;
};

bool IsUnix(const std::string& network) { return network == "unix" || network == "unixpacket"; }

std::unique_ptr<grpc::Server> Listen(const std::string& address, DiscoveryService& discovery,
                                     PluginService& plugin) {
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  // Without this, a second server on the same port would start as if nothing were wrong.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, kWriteBufferBytes);
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&discovery);
  builder.RegisterService(&plugin);
  // Who connects may use this process's credentials, so a unix socket is its user's alone.
  const mode_t before = umask(S_IRWXG | S_IRWXO | S_IXUSR);
  auto server = builder.BuildAndStart();
  umask(before);
  return server;
}

}  // namespace

arrow::Result<std::string> ListeningAddress(const std::string& network,
                                            const std::string& address) {
  if (IsUnix(network)) return "unix:" + address;
  if (network == "tcp" || network == "tcp4" || network == "tcp6") {
    return address.starts_with(':') ? (network == "tcp4" ? "0.0.0.0" : "[::]") + address : address;
  }
  return base::MakeError(
      base::ErrorKind::kConfig,
      "network \"" + network + "\" is not one of tcp, tcp4, tcp6, unix, unixpacket");
}

arrow::Status Serve(const ServeOptions& options, const PluginInfo& info,
                    const SourceFactory& make_source) {
  ARROW_ASSIGN_OR_RAISE(const std::string address,
                        ListeningAddress(options.network, options.address));
  // Before gRPC starts threads, so that they inherit the blocked signals.
  const StopSignals signals;
  // One reference too many on purpose: the last one to go joins gRPC's pollers, which may sleep for
  // ten seconds, longer than the CLI waits before it kills. The process ends after this anyway.
  grpc_init();
  Logger log(info.name + "-source", options.log_level, options.log_format);
  const GrpcLogRedirect redirect(log);

  const auto source = make_source(log);
  DiscoveryService discovery;
  PluginService plugin(*source, info, log);
  const auto server = Listen(address, discovery, plugin);
  if (server == nullptr) {
    return base::MakeError(base::ErrorKind::kConfig,
                           "cannot listen on " + options.address +
                               ": the address is in use or not allowed; choose another --address");
  }
  log.Info("Source plugin server listening",
           {{"address", options.address}, {"plugin", info.name}, {"version", info.version}});

  const std::string_view reason = signals.Wait(/*follow_parent=*/IsUnix(options.network));
  log.Info("Source plugin server stopping", {{"reason", reason}});
  plugin.Stop();
  server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
  if (IsUnix(options.network)) {
    std::error_code ignored;  // the CLI may have removed it already
    std::filesystem::remove(options.address, ignored);
  }
  return arrow::Status::OK();
}

}  // namespace cloudquery
