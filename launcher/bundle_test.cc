#include "launcher/bundle.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>

#include "launcher/unique_fd.h"

namespace launcher {
namespace {

constexpr int kLevel = 3;

std::string Noise(size_t bytes) {
  std::string text;
  uint32_t state = 1;
  while (text.size() < bytes) {
    state = state * 1664525U + 1013904223U;
    text += static_cast<char>(state >> 24U);
  }
  return text;
}

std::string TwoFiles() {
  return PackBundle(std::vector<FileToPack>{{"program", "abc"}, {"libx.so.1", Noise(300000)}},
                    kLevel);
}

UniqueFd FileWith(const std::string& content) {
  UniqueFd fd(memfd_create("test", 0));
  EXPECT_EQ(write(fd.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
  return fd;
}

TEST(Bundle, UnpacksToTheFilesThatWerePacked) {
  const std::string bytes = TwoFiles();
  const auto bundle = ParseBundle(bytes);
  ASSERT_TRUE(bundle);
  ASSERT_EQ(bundle->files.size(), 2U);
  EXPECT_EQ(bundle->files[1].name, "libx.so.1");
  EXPECT_EQ(bundle->files[1].size, 300000U);
  const UniqueFd out = FileWith("");
  EXPECT_TRUE(UnpackTo(out.get(), bundle->files[1]));
  EXPECT_TRUE(HasContentOf(out.get(), bundle->files[1]));
}

TEST(Bundle, HasAnotherIdIfAFileDiffers) {
  const std::string bytes = TwoFiles();
  const std::string other =
      PackBundle(std::vector<FileToPack>{{"program", "abd"}, {"libx.so.1", Noise(300000)}}, kLevel);
  EXPECT_EQ(ParseBundle(bytes)->id, ParseBundle(TwoFiles())->id);
  EXPECT_NE(ParseBundle(bytes)->id, ParseBundle(other)->id);
}

TEST(Bundle, IsRefusedWhereverItIsCutOff) {
  const std::string bytes = TwoFiles();
  for (size_t length = 0; length < bytes.size(); length += length < 200 ? 1 : 9973) {
    EXPECT_FALSE(ParseBundle(std::string_view(bytes).substr(0, length))) << length;
  }
  EXPECT_FALSE(ParseBundle(bytes + "x"));
}

TEST(Bundle, WithAPathInANameIsRefused) {
  for (const char* name : {"../program", "", ".", "..", "a/b"}) {
    EXPECT_FALSE(ParseBundle(PackBundle(std::vector<FileToPack>{{name, "x"}}, kLevel))) << name;
  }
}

TEST(Bundle, ThatIsDamagedDoesNotUnpack) {
  std::string bytes = TwoFiles();
  for (const size_t from_end : {100000, 5}) bytes[bytes.size() - from_end] ^= 1;
  const auto bundle = ParseBundle(bytes);
  ASSERT_TRUE(bundle);
  EXPECT_FALSE(UnpackTo(FileWith("").get(), bundle->files[1]));
}

TEST(Bundle, DoesNotUnpackToAFullDisk) {
  const std::string bytes = TwoFiles();
  const UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_FALSE(UnpackTo(full.get(), ParseBundle(bytes)->files[1]));
}

TEST(Bundle, NoticesAFileWithOtherContent) {
  const std::string bytes = TwoFiles();
  const BundledFile program = ParseBundle(bytes)->files[0];
  EXPECT_TRUE(HasContentOf(FileWith("abc").get(), program));
  for (const char* other : {"", "ab", "abd", "abcd"}) {
    EXPECT_FALSE(HasContentOf(FileWith(other).get(), program)) << other;
  }
}

}  // namespace
}  // namespace launcher
