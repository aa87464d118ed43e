// Every kind of Parquet file among the seeds, with every damage at every byte, through all that a
// sync does with a file.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "tests/fuzz/broken_files.h"
#include "tests/fuzz/seeds.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

// The target takes at most 64 MiB for decoding; the rest is the program and its sanitizers.
constexpr int64_t kMostMemoryKiB = 1 << 20;

// Inputs that the fuzzers found have other names.
std::vector<Seed> WholeFiles() {
  std::vector<Seed> files = SeedsIn("parquet");
  std::erase_if(files, [](const Seed& file) { return !file.name.ends_with(".parquet"); });
  for (Seed& file : files) file.name.resize(file.name.find('.'));
  return files;
}

class BrokenFiles : public testing::TestWithParam<std::tuple<Seed, Damage>> {};

TEST_P(BrokenFiles, AreAllHarmless) {
  const auto& [whole, damage] = GetParam();
  // After a crash, the last one tells which file it was.
  std::FILE* positions = std::fopen((testing::TempDir() + "broken_file_position").c_str(), "w");
  ASSERT_NE(positions, nullptr);
  for (size_t position = 0; position < whole.content.size(); ++position) {
    std::fprintf(positions, "%s, %s: byte %zu\n", whole.name.c_str(),
                 std::string(damage.name).c_str(), position);
    std::fflush(positions);
    Parquet(Damaged(whole.content, damage, position));
  }
  std::fclose(positions);
  rusage usage{};
  ASSERT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
  EXPECT_LT(usage.ru_maxrss, kMostMemoryKiB);
}

INSTANTIATE_TEST_SUITE_P(Fuzz, BrokenFiles,
                         testing::Combine(testing::ValuesIn(WholeFiles()),
                                          testing::ValuesIn(kDamages)),
                         [](const auto& test) {
                           return std::get<Seed>(test.param).name + "_" +
                                  std::string(std::get<Damage>(test.param).name);
                         });

}  // namespace
}  // namespace fuzz
