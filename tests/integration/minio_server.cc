#include "minio_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "s3/http/url.h"
#include "s3/testing/static_credentials.h"

namespace integration {
namespace {

using std::chrono::steady_clock;

/// A port that was free a moment ago.
arrow::Result<int> FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(listener);
  if (!bound) return arrow::Status::IOError("no free port on the loopback interface");
  return ntohs(address.sin_port);
}

[[noreturn]] void BecomeMinio(const std::string& folder, const std::string& address,
                              const std::string& console) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = open((folder + "/log").c_str(), O_CREAT | O_WRONLY, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  setenv("MINIO_ROOT_USER", kAccessKey, 1);
  setenv("MINIO_ROOT_PASSWORD", kSecretKey, 1);
  // Unset, it accepts signatures for any region.
  setenv("MINIO_REGION", kRegion, 1);
  setenv("HOME", folder.c_str(), 1);
  const std::string data = folder + "/data";
  execl(CQ_MINIO, CQ_MINIO, "server", "--address", address.c_str(), "--console-address",
        console.c_str(), "--quiet", data.c_str(), nullptr);
  _exit(127);
}

}  // namespace

arrow::Result<std::unique_ptr<MinioServer>> MinioServer::Start() {
  if (access(CQ_MINIO, X_OK) != 0) {
    return arrow::Status::IOError(CQ_MINIO, " is missing; run scripts/setup, which builds it");
  }
  auto server = std::unique_ptr<MinioServer>(new MinioServer());
  ARROW_ASSIGN_OR_RAISE(server->http_, s3::HttpClient::Make({.user_agent = "integration-test"}));
  ARROW_RETURN_NOT_OK(server->Launch());
  ARROW_RETURN_NOT_OK(server->AwaitReady());
  return server;
}

MinioServer::~MinioServer() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (!folder_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
}

arrow::Status MinioServer::Launch() {
  std::string folder = std::filesystem::temp_directory_path() / "minio-test-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return arrow::Status::IOError("no temporary folder");
  folder_ = folder;
  ARROW_ASSIGN_OR_RAISE(const int port, FreePort());
  ARROW_ASSIGN_OR_RAISE(const int console_port, FreePort());
  const std::string address = "127.0.0.1:" + std::to_string(port);
  endpoint_ = "http://" + address;
  pid_ = fork();
  if (pid_ < 0) return arrow::Status::IOError("cannot fork: ", std::strerror(errno));
  if (pid_ == 0) BecomeMinio(folder, address, "127.0.0.1:" + std::to_string(console_port));
  return arrow::Status::OK();
}

arrow::Status MinioServer::AwaitReady() {
  // A request that comes too early may get no answer for a minute.
  ARROW_ASSIGN_OR_RAISE(const auto impatient,
                        s3::HttpClient::Make({.stall_timeout = std::chrono::seconds(1)}));
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  while (steady_clock::now() < deadline) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return arrow::Status::IOError("minio ended while it was starting");
    }
    // Its health page says ready before the rest of it is.
    if (Send(*impatient, "GET", "/", "").ok()) return arrow::Status::OK();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return arrow::Status::IOError("minio does not answer at ", endpoint_);
}

s3::S3Options MinioServer::OptionsFor(const std::string& bucket) const {
  return {.bucket = bucket,
          .region = kRegion,
          .endpoint = endpoint_,
          .path_style = true,
          .credentials = s3::StaticCredentials(kAccessKey, kSecretKey)};
}

arrow::Status MinioServer::CreateBucket(const std::string& bucket) {
  return Send(*http_, "PUT", "/" + bucket, "");
}

arrow::Status MinioServer::Put(const std::string& bucket, const std::string& key,
                               std::string_view content) {
  return Send(*http_, "PUT", "/" + bucket + "/" + s3::PercentEncode(key, /*keep_slash=*/true),
              content);
}

arrow::Status MinioServer::Delete(const std::string& bucket, const std::string& key) {
  return Send(*http_, "DELETE", "/" + bucket + "/" + s3::PercentEncode(key, /*keep_slash=*/true),
              "");
}

arrow::Status MinioServer::Send(s3::HttpClient& http, const std::string& method,
                                const std::string& path, std::string_view body) {
  const s3::HttpRequest request{.method = method,
                                .url = endpoint_ + path,
                                .headers = {"x-amz-content-sha256: UNSIGNED-PAYLOAD"},
                                .signing = s3::HttpSigning{kAccessKey, kSecretKey, kRegion},
                                .body = body};
  ARROW_ASSIGN_OR_RAISE(const auto response, http.Perform(request, {}));
  if (response.head.status() / 100 != 2) {
    return arrow::Status::IOError(method, " ", path, " got HTTP ", response.head.status(), ": ",
                                  response.text);
  }
  return arrow::Status::OK();
}

}  // namespace integration
