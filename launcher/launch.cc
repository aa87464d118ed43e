#include "launcher/launch.h"

#include <limits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "launcher/cache.h"
#include "launcher/memory.h"

namespace launcher {
namespace {

// The path of the one-file executable, for the `package` command of the program.
constexpr const char* kOneFileVariable = "CQ_SOURCE_S3_ONE_FILE";

void TellOwnPath() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  if (length > 0) setenv(kOneFileVariable, std::string(path, length).c_str(), /*overwrite=*/1);
}

std::string ExecFailure() {
  // The kernel says this of the loader too, which the program names.
  if (errno == ENOENT) return "this system has no glibc; version 2.36 or later is needed";
  return std::string("cannot execute the program: ") + std::strerror(errno);
}

std::string ContinueFromCache(const Bundle& bundle, char** argv) {
  const std::string root = CacheRoot();
  if (root.empty()) return "neither XDG_CACHE_HOME nor HOME is set to an absolute path";
  std::string why;
  const auto directory = DirectoryWith(bundle, {.root = root}, why);
  if (!directory) return why;
  // The loader finds the libraries beside the program by /proc/self/exe. Without /proc it takes
  // this.
  if (access("/proc/self/exe", F_OK) != 0) setenv("LD_ORIGIN_PATH", directory->c_str(), 1);
  execv((*directory + "/" + bundle.files.front().name).c_str(), argv);
  return *directory + ": " + ExecFailure();
}

/// The loader is called by name, since it alone can take libraries that have no path. It finds a
/// needed library among those that are loaded already, by the name that the library has in itself.
std::string ContinueFromMemory(const Bundle& bundle, char** argv) {
  std::string why;
  const auto files = UnpackToMemory(bundle, why);
  if (!files) return why;
  std::string program, libraries;
  for (size_t i = 0; i < files->size(); ++i) {
    const std::string path = "/proc/self/fd/" + std::to_string((*files)[i].get());
    if (i == 0) {
      program = path;
    } else if (bundle.files[i].name.find(".so") != std::string::npos) {
      libraries += path + " ";
    }
  }
  const std::string loader = LoaderOf(files->front().get());
  std::vector<std::string> options = {loader, "--argv0", argv[0], "--preload", libraries, program};
  std::vector<char*> arguments;
  for (std::string& option : options) arguments.push_back(option.data());
  for (char** argument = argv + 1; *argument != nullptr; ++argument) {
    arguments.push_back(*argument);
  }
  arguments.push_back(nullptr);
  execv(loader.c_str(), arguments.data());
  return ExecFailure();
}

}  // namespace

int Launch(const Bundle& bundle, char** argv) {
  TellOwnPath();
  const std::string cache = ContinueFromCache(bundle, argv);
  const std::string memory = ContinueFromMemory(bundle, argv);
  std::cerr << "Error: cannot start the plugin: " << cache << "; in memory: " << memory
            << ". Set XDG_CACHE_HOME to a directory that this user can write to and execute "
               "programs from.\n";
  return 1;
}

}  // namespace launcher
