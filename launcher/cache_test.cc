#include "launcher/cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "launcher/unique_fd.h"

namespace launcher {
namespace {

namespace fs = std::filesystem;

class CacheTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/cacheXXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.root = folder_ / "new" / "cache";
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::optional<std::string> Use() { return DirectoryWith(bundle_, options_, why_); }

  static std::string Read(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path folder_;
  CacheOptions options_;
  std::string why_;
  const std::string bytes_ =
      PackBundle(std::vector<FileToPack>{{"program", "abc"}, {"library", "defg"}}, 3);
  const Bundle bundle_ = *ParseBundle(bytes_);
};

TEST_F(CacheTest, HasTheFilesInAPrivateDirectory) {
  const auto directory = Use();
  ASSERT_TRUE(directory) << why_;
  EXPECT_EQ(*directory, options_.root + "/" + bundle_.id);
  EXPECT_EQ(Read(*directory + "/program"), "abc");
  EXPECT_EQ(Read(*directory + "/library"), "defg");
  for (const std::string& path : {options_.root, *directory, *directory + "/program"}) {
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 077, 0U) << path;
  }
}

TEST_F(CacheTest, DoesNotUnpackAgain) {
  struct stat before {
  }, after{};
  const std::string program = *Use() + "/program";
  ASSERT_EQ(stat(program.c_str(), &before), 0);
  ASSERT_TRUE(Use());
  ASSERT_EQ(stat(program.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(CacheTest, ReplacesAFileThatIsDamagedOrMissing) {
  const fs::path library = *Use() + "/library";
  fs::permissions(library, fs::perms::owner_all);
  std::ofstream(library) << "defh";
  ASSERT_TRUE(Use()) << why_;
  EXPECT_EQ(Read(library), "defg");
  fs::remove(library);
  ASSERT_TRUE(Use()) << why_;
  EXPECT_EQ(Read(library), "defg");
}

TEST_F(CacheTest, DoesNotFollowALinkInPlaceOfAFile) {
  const fs::path library = *Use() + "/library";
  fs::remove(library);
  std::ofstream(folder_ / "elsewhere") << "defg";
  fs::create_symlink(folder_ / "elsewhere", library);
  ASSERT_TRUE(Use()) << why_;
  EXPECT_FALSE(fs::is_symlink(library));
}

TEST_F(CacheTest, RemovesWhatAKilledProcessLeft) {
  fs::create_directories(options_.root + "/unpacking");
  fs::permissions(options_.root, fs::perms::owner_all);
  std::ofstream(options_.root + "/unpacking/program") << "a";
  ASSERT_TRUE(Use()) << why_;
  EXPECT_FALSE(fs::exists(options_.root + "/unpacking"));
}

TEST_F(CacheTest, RemovesBundlesThatWereNotUsedForLong) {
  ASSERT_TRUE(Use());
  const fs::path old = options_.root + "/old", recent = options_.root + "/recent";
  for (const fs::path& directory : {old, recent}) fs::create_directory(directory);
  const auto now = fs::file_time_type::clock::now();
  fs::last_write_time(old, now - std::chrono::hours(31 * 24));
  fs::last_write_time(recent, now - std::chrono::hours(29 * 24));
  fs::remove(options_.root + "/" + bundle_.id + "/program");
  ASSERT_TRUE(Use());
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(recent));
}

TEST_F(CacheTest, CanBeUsedByManyAtOnce) {
  std::vector<std::jthread> threads;
  std::vector<std::optional<std::string>> found(10);
  for (auto& directory : found) {
    threads.emplace_back([&, this] {
      std::string why;
      directory = DirectoryWith(bundle_, options_, why);
    });
  }
  threads.clear();
  for (const auto& directory : found) {
    ASSERT_TRUE(directory);
    EXPECT_EQ(Read(*directory + "/program"), "abc");
  }
}

TEST_F(CacheTest, DoesNotWaitForEverForAProcessThatIsStopped) {
  fs::create_directories(options_.root);
  fs::permissions(options_.root, fs::perms::owner_all);
  const UniqueFd lock(open((options_.root + "/lock").c_str(), O_RDWR | O_CREAT, 0600));
  ASSERT_EQ(flock(lock.get(), LOCK_EX), 0);
  options_.lock_timeout = std::chrono::milliseconds(20);
  EXPECT_FALSE(Use());
  EXPECT_NE(why_.find("another process has held"), std::string::npos) << why_;
}

TEST_F(CacheTest, IsNotUsedIfOthersMayEnterIt) {
  fs::create_directories(options_.root);
  fs::permissions(options_.root, fs::perms(0755));
  EXPECT_FALSE(Use());
  EXPECT_NE(why_.find("only this user"), std::string::npos) << why_;
}

TEST_F(CacheTest, IsNotUsedThroughALink) {
  fs::create_directories(folder_ / "elsewhere");
  fs::permissions(folder_ / "elsewhere", fs::perms::owner_all);
  options_.root = folder_ / "link";
  fs::create_directory_symlink(folder_ / "elsewhere", options_.root);
  EXPECT_FALSE(Use());
}

TEST_F(CacheTest, CannotBeUsedWhereNothingCanBeCreated) {
  options_.root = "/proc/cache";
  EXPECT_FALSE(Use());
  EXPECT_NE(why_.find("cannot create /proc/cache"), std::string::npos) << why_;
}

}  // namespace
}  // namespace launcher
