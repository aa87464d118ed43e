// Every kind of file among the seeds of formats, with every damage at every byte, through all that
// a sync does with a file of Parquet, and through the readers of text.
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

struct WholeFile {
  std::string name;
  std::string content;
  void (*run)(std::string_view input);
};

// Inputs that the fuzzers found have other names.
std::vector<WholeFile> WholeFiles() {
  std::vector<WholeFile> files;
  for (const Target& target : kTargets) {
    const std::string ending = "." + std::string(target.folder);
    if (ending != ".parquet" && ending != ".csv" && ending != ".jsonl") continue;
    for (const Seed& seed : SeedsIn(target.folder)) {
      if (!seed.name.ends_with(ending)) continue;
      const std::string name = seed.name.substr(0, seed.name.find('.'));
      files.push_back({std::string(target.folder) + "_" + name, seed.content, target.run});
    }
  }
  return files;
}

class BrokenFiles : public testing::TestWithParam<std::tuple<WholeFile, Damage>> {};

TEST_P(BrokenFiles, AreAllHarmless) {
  const auto& [whole, damage] = GetParam();
  // After a crash, the last one tells which file it was.
  std::FILE* positions = std::fopen((testing::TempDir() + "broken_file_position").c_str(), "w");
  ASSERT_NE(positions, nullptr);
  for (size_t position = 0; position < whole.content.size(); ++position) {
    std::fprintf(positions, "%s, %s: byte %zu\n", whole.name.c_str(),
                 std::string(damage.name).c_str(), position);
    std::fflush(positions);
    whole.run(Damaged(whole.content, damage, position));
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
                           return std::get<WholeFile>(test.param).name + "_" +
                                  std::string(std::get<Damage>(test.param).name);
                         });

}  // namespace
}  // namespace fuzz
