#include "launcher/cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "launcher/unique_fd.h"

namespace launcher {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::chrono::hours kUnusedFor{30 * 24};
constexpr std::chrono::milliseconds kLockPoll{5};
constexpr mode_t kPrivateDirectory = 0700, kPrivateFile = 0500;

std::string Because(const std::string& what, int error) {
  return what + ": " + std::strerror(error);
}

/// Nobody else may write where programs are executed from.
bool MakePrivateRoot(const fs::path& root, std::string& why) {
  std::error_code error;
  fs::create_directories(root.parent_path(), error);
  if (mkdir(root.c_str(), kPrivateDirectory) != 0 && errno != EEXIST) {
    why = Because("cannot create " + root.string(), error ? error.value() : errno);
    return false;
  }
  struct stat status {};
  if (lstat(root.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
      (status.st_mode & 077) != 0) {
    why = root.string() + " is not a directory that only this user can enter";
    return false;
  }
  return true;
}

bool IsComplete(const fs::path& directory, const Bundle& bundle) {
  for (const BundledFile& file : bundle.files) {
    const UniqueFd fd(open((directory / file.name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.valid() || !HasContentOf(fd.get(), file)) return false;
  }
  return true;
}

void MarkUsed(const fs::path& directory) {
  utimensat(AT_FDCWD, directory.c_str(), nullptr, 0);  // on failure it looks unused, no more
}

/// Waits with a limit, unlike flock(): whoever holds the lock may be stopped.
UniqueFd Lock(const fs::path& root, std::chrono::milliseconds timeout, std::string& why) {
  const fs::path path = root / "lock";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  const auto deadline = steady_clock::now() + timeout;
  while (fd.valid()) {
    if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    if (steady_clock::now() >= deadline) {
      why = "another process has held " + path.string() + " for too long";
      return {};
    }
    std::this_thread::sleep_for(kLockPoll);
  }
  why = Because("cannot lock " + path.string(), errno);
  return {};
}

bool UnpackInto(const fs::path& directory, const Bundle& bundle, std::string& why) {
  if (mkdir(directory.c_str(), kPrivateDirectory) != 0) {
    why = Because("cannot create " + directory.string(), errno);
    return false;
  }
  for (const BundledFile& file : bundle.files) {
    const fs::path path = directory / file.name;
    const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kPrivateFile));
    if (!fd.valid() || !UnpackTo(fd.get(), file)) {
      why = Because("cannot write " + path.string(), errno);
      return false;
    }
  }
  return true;
}

void RemoveUnused(const fs::path& root) {
  std::error_code error;
  const auto limit = fs::file_time_type::clock::now() - kUnusedFor;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    if (entry.is_directory(error) && entry.last_write_time(error) < limit) {
      fs::remove_all(entry.path(), error);
    }
  }
}

/// Must be called with the lock held.
bool UnpackAnew(const fs::path& root, const fs::path& directory, const Bundle& bundle,
                std::string& why) {
  const fs::path incomplete = root / "unpacking";
  std::error_code error;
  fs::remove_all(incomplete, error);
  if (!UnpackInto(incomplete, bundle, why)) {
    fs::remove_all(incomplete, error);
    return false;
  }
  fs::remove_all(directory, error);  // damaged, if it is there
  fs::rename(incomplete, directory, error);
  if (error) why = "cannot create " + directory.string() + ": " + error.message();
  return !error;
}

}  // namespace

std::optional<std::string> DirectoryWith(const Bundle& bundle, const CacheOptions& options,
                                         std::string& why) {
  const fs::path root = options.root;
  const fs::path directory = root / bundle.id;
  if (!MakePrivateRoot(root, why)) return std::nullopt;
  MarkUsed(directory);  // before the check, so that no other process removes it afterwards
  if (IsComplete(directory, bundle)) return directory.string();
  const UniqueFd lock = Lock(root, options.lock_timeout, why);
  if (!lock.valid()) return std::nullopt;
  // Another process may have unpacked the files meanwhile.
  if (IsComplete(directory, bundle)) return directory.string();
  if (!UnpackAnew(root, directory, bundle, why)) return std::nullopt;
  RemoveUnused(root);
  return directory.string();
}

std::string CacheRoot() {
  for (const auto& [variable, folder] : {std::pair{"XDG_CACHE_HOME", ""}, {"HOME", ".cache"}}) {
    const char* value = secure_getenv(variable);
    if (value != nullptr && value[0] == '/') return fs::path(value) / folder / "cq-source-s3";
  }
  return "";
}

}  // namespace launcher
