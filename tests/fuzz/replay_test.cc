// Feeds every target with its seeds, among them what the fuzzers have found.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "tests/fuzz/seeds.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

class Seeds : public testing::TestWithParam<Target> {};

TEST_P(Seeds, AreAllHarmless) {
  const std::vector<Seed> seeds = SeedsIn(GetParam().folder);
  EXPECT_FALSE(seeds.empty());
  for (const Seed& seed : seeds) {
    std::printf("%s\n", seed.name.c_str());  // the last one is to blame for a crash
    std::fflush(stdout);
    GetParam().run(seed.content);
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Seeds, testing::ValuesIn(kTargets),
                         [](const auto& test) { return std::string(test.param.folder); });

}  // namespace
}  // namespace fuzz
