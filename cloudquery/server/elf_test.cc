#include "cloudquery/server/elf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/testing.h"

namespace cloudquery {
namespace {

using base::ErrorKind;
using base::IsError;

arrow::Status Failure(const std::string& path) { return NeededLibraries(path).status(); }

TEST(NeededLibraries, OfAShellAreAllPartOfGlibc) {
  const auto libraries = NeededLibraries("/bin/sh").ValueOrDie();
  EXPECT_THAT(libraries, testing::Contains("libc.so.6"));
  EXPECT_TRUE(std::all_of(libraries.begin(), libraries.end(), IsPartOfGlibc));
}

TEST(NeededLibraries, OfThisTestAreOthersToo) {
  const auto libraries = NeededLibraries("/proc/self/exe").ValueOrDie();
  EXPECT_THAT(libraries, testing::Contains(testing::StartsWith("libarrow.so")));
  EXPECT_FALSE(std::all_of(libraries.begin(), libraries.end(), IsPartOfGlibc));
}

TEST(NeededLibraries, OfWhatIsNotAnExecutableAreAnError) {
  EXPECT_THAT(Failure("/etc/passwd"), IsError(ErrorKind::kConfig));
  EXPECT_THAT(Failure("/nowhere"), IsError(ErrorKind::kConfig));
}

TEST(NeededLibraries, OfAFileThatIsCutOffAreAnError) {
  const std::string path = testing::TempDir() + "/cut-off";
  std::ifstream shell("/bin/sh", std::ios::binary);
  std::string begin(100, '\0');
  shell.read(begin.data(), 100);
  std::ofstream(path, std::ios::binary) << begin;
  EXPECT_THAT(Failure(path), IsError(ErrorKind::kConfig));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace cloudquery
