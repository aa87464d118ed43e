#include "launcher/launch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "launcher/memory.h"

namespace launcher {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Ended {
  int status;
  std::string output;
};

// A bundle of the system's shell, which is a dynamically linked program.
class LaunchTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/launchXXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Launches in a child whose only variable is XDG_CACHE_HOME. The shell runs `script`.
  Ended LaunchShell(const std::string& cache, const std::string& script) const {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
      for (const int fd : {1, 2}) dup2(ends[1], fd);
      clearenv();
      setenv("XDG_CACHE_HOME", cache.c_str(), 1);
      std::array<std::string, 3> words = {"shell", "-c", script};
      std::array<char*, 4> argv = {words[0].data(), words[1].data(), words[2].data(), nullptr};
      _exit(Launch(bundle_, argv.data()));
    }
    close(ends[1]);
    Ended ended{};
    std::array<char, 4096> block{};
    for (ssize_t n = 0; (n = read(ends[0], block.data(), block.size())) > 0;) {
      ended.output.append(block.data(), n);
    }
    close(ends[0]);
    waitpid(child, &ended.status, 0);
    ended.output.insert(0, std::to_string(child) + ": ");
    return ended;
  }

  fs::path folder_;
  const std::string bytes_ =
      PackBundle(std::vector<FileToPack>{{"shell", Read("/bin/sh")}, {"NOTICES", "x"}}, 1);
  const Bundle bundle_ = *ParseBundle(bytes_);
};

std::string OfSameProcess(const Ended& ended, const std::string& rest) {
  const std::string pid = ended.output.substr(0, ended.output.find(':'));
  return pid + ": " + pid + rest;
}

TEST_F(LaunchTest, ContinuesAsTheProgramInTheSameProcess) {
  const Ended ended = LaunchShell(folder_, "echo $$ $0; exit 3");
  EXPECT_EQ(ended.output, OfSameProcess(ended, " shell\n"));
  EXPECT_EQ(WEXITSTATUS(ended.status), 3);
  EXPECT_TRUE(fs::exists(folder_ / "cq-source-s3" / bundle_.id / "shell"));
}

TEST_F(LaunchTest, ContinuesFromMemoryWithoutACacheDirectory) {
  for (const char* cache : {"/proc", "", "relative"}) {
    const Ended ended = LaunchShell(cache, "echo $$ $0; exit 3");
    EXPECT_EQ(ended.output, OfSameProcess(ended, " shell\n"));
    EXPECT_EQ(WEXITSTATUS(ended.status), 3);
  }
}

TEST_F(LaunchTest, TellsTheProgramThePathOfItsFile) {
  const Ended ended = LaunchShell(folder_, "echo $CQ_SOURCE_S3_ONE_FILE");
  EXPECT_NE(ended.output.find(fs::read_symlink("/proc/self/exe").string()), std::string::npos)
      << ended.output;
}

TEST_F(LaunchTest, ThatFailsNamesTheReasonAndTheRemedy) {
  const std::string bytes = PackBundle(std::vector<FileToPack>{{"program", "no program"}}, 1);
  testing::internal::CaptureStderr();
  setenv("XDG_CACHE_HOME", folder_.c_str(), 1);
  std::array<char*, 2> argv = {const_cast<char*>("program"), nullptr};
  EXPECT_EQ(Launch(*ParseBundle(bytes), argv.data()), 1);
  unsetenv("XDG_CACHE_HOME");
  const std::string error = testing::internal::GetCapturedStderr();
  EXPECT_NE(error.find("Exec format error"), std::string::npos) << error;
  EXPECT_NE(error.find("Set XDG_CACHE_HOME"), std::string::npos) << error;
}

TEST(Loader, IsTheOneThatTheProgramNames) {
  const UniqueFd shell(open("/bin/sh", O_RDONLY | O_CLOEXEC));
  EXPECT_NE(LoaderOf(shell.get()).find("/ld-linux"), std::string::npos);
  const UniqueFd text(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(LoaderOf(text.get()), "");
}

}  // namespace
}  // namespace launcher
