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

// Max size of a message that the CLI sends and receives (plugin-pb-go, managedplugin: 200 MiB).
constexpr int kMaxMessageBytes = 200 * 1024 * 1024;

// gRPC gathers so many bytes of messages before it writes to the socket. Its default is 64 KiB.
constexpr int kWriteBufferBytes = 1024 * 1024;

// The CLI sends SIGKILL five seconds after SIGINT.
constexpr std::chrono::seconds kShutdownGrace{2};

// A global, since gRPC's log function takes no user pointer.
std::atomic<Logger*> grpc_log{nullptr};

// Sends gRPC's log to ours. On standard error, the CLI would show it on the user's terminal.
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

// Waits for SIGINT and SIGTERM, and for the end of the process that is the parent at the start.
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

  /// Returns the reason.
  std::string_view Wait(bool follow_parent) const {
    for (;;) {
      pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, /*milliseconds=*/500) > 0) return "signal";
      if (follow_parent && getppid() != parent_) return "parent process ended";
    }
  }

 private:
  // Taken at once: a parent that ends while the server starts must not be missed.
  const pid_t parent_ = getppid();
  int fd_ = -1;
};

bool IsUnix(const std::string& network) { return network == "unix" || network == "unixpacket"; }

std::unique_ptr<grpc::Server> Listen(const std::string& address, DiscoveryService& discovery,
                                     PluginService& plugin) {
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  // Otherwise a second server on the same port would start without an error.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, kWriteBufferBytes);
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&discovery);
  builder.RegisterService(&plugin);
  // A client can use this process's credentials, so only its own user may connect to a unix socket.
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
      "\"" + network + "\" is not a valid network; use tcp, tcp4, tcp6, unix or unixpacket");
}

arrow::Status Serve(const ServeOptions& options, const PluginInfo& info,
                    const SourceFactory& make_source) {
  ARROW_ASSIGN_OR_RAISE(const std::string address,
                        ListeningAddress(options.network, options.address));
  // Before gRPC starts threads, so that they inherit the blocked signals.
  const StopSignals signals;
  // An extra reference, on purpose never released: releasing the last one joins gRPC's pollers,
  // which may sleep for ten seconds. The CLI kills the process before that.
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
                               ": the address is in use or not permitted; set another --address");
  }
  log.Info("server listening",
           {{"address", options.address}, {"plugin", info.name}, {"version", info.version}});

  const std::string_view reason = signals.Wait(/*follow_parent=*/IsUnix(options.network));
  log.Info("server stopping", {{"reason", reason}});
  plugin.Stop();
  server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
  if (IsUnix(options.network)) {
    std::error_code ignored;  // the CLI may have removed it already
    std::filesystem::remove(options.address, ignored);
  }
  return arrow::Status::OK();
}

}  // namespace cloudquery
