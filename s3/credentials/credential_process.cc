#include "s3/credentials/credential_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>

#include "base/error.h"
#include "s3/credentials/credential_answer.h"

namespace s3 {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

arrow::Status NotStarted(int error) {
  return NoCredentials(std::string("cannot start the program: ") + std::strerror(error) + ".");
}

/// A shell in its own process group, which is killed unless Reap was called.
class Child {
 public:
  /// Its output goes to `output`, which the caller must close afterwards.
  static arrow::Result<Child> Start(const std::string& command, int output) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    // This process may block or ignore signals that the program needs.
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    const std::array<const char*, 4> arguments = {"sh", "-c", command.c_str(), nullptr};
    pid_t pid = -1;
    const int error = posix_spawn(&pid, "/bin/sh", &files, &attributes,
                                  const_cast<char* const*>(arguments.data()), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) return NotStarted(error);
    return Child(pid);
  }

  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    kill(-pid_, SIGKILL);
    (void)Reap();
  }

  pid_t pid() const { return pid_; }

  /// Waits for its end. True if it succeeded.
  bool Reap() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  explicit Child(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

/// Waits for descriptors until a deadline or a requested stop.
class Waiter {
 public:
  Waiter(const std::stop_token& stop, milliseconds time)
      : deadline_(steady_clock::now() + time),
        woken_(eventfd(0, EFD_CLOEXEC)),
        wake_(stop, [this] { eventfd_write(woken_.get(), 1); }) {}

  arrow::Status AwaitReadable(int fd) {
    std::array<pollfd, 2> polled = {pollfd{.fd = fd, .events = POLLIN},
                                    pollfd{.fd = woken_.get(), .events = POLLIN}};
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(deadline_ - steady_clock::now()).count();
      if (left <= 0) return NoCredentials("the program takes too long.");
      const int ready = poll(polled.data(), polled.size(), static_cast<int>(left));
      if (polled[1].revents != 0) return base::Cancelled();
      if (ready > 0) return arrow::Status::OK();
    }
  }

 private:
  const steady_clock::time_point deadline_;
  const Descriptor woken_;
  const std::stop_callback<std::function<void()>> wake_;
};

/// Reads until the end, which is when the last process has closed it.
arrow::Result<std::string> ReadAll(int fd, size_t limit, Waiter& waiter) {
  std::string text;
  std::array<char, 4096> piece;
  for (;;) {
    ARROW_RETURN_NOT_OK(waiter.AwaitReadable(fd));
    const ssize_t size = read(fd, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(piece.data(), static_cast<size_t>(size));
    if (text.size() > limit) return NoCredentials("the program prints too much.");
  }
}

arrow::Result<std::string> Output(const std::string& command, const std::stop_token& stop,
                                  const ProcessLimits& limits) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return NotStarted(errno);
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  ARROW_ASSIGN_OR_RAISE(Child child, Child::Start(command, writer.get()));
  writer.Close();
  // glibc 2.36 declares pidfd_open without extern "C".
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, child.pid(), 0)));
  if (process.get() < 0) return NotStarted(errno);
  Waiter waiter(stop, limits.time);
  ARROW_ASSIGN_OR_RAISE(std::string text, ReadAll(reader.get(), limits.output_bytes, waiter));
  // The program may continue after it has closed its output.
  ARROW_RETURN_NOT_OK(waiter.AwaitReadable(process.get()));
  if (!child.Reap()) return NoCredentials("the program failed. Run it by hand to see why.");
  return text;
}

}  // namespace

arrow::Result<Credentials> FromProcess(const std::string& command, const std::stop_token& stop,
                                       const ProcessLimits& limits) {
  ARROW_ASSIGN_OR_RAISE(const std::string output, Output(command, stop, limits));
  const auto json = ParseJson(output);
  if (!json.is_object() || json.value("Version", nlohmann::json()) != 1) {
    return NoCredentials("the program does not print a JSON object of Version 1.");
  }
  return CredentialsFromJson(output, {.session_token = "SessionToken"});
}

}  // namespace s3
