// The inputs in tests/fuzz/seeds: small ones of each kind, and what the fuzzers have found.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct Seed {
  std::string name;
  std::string content;
};

/// Those of one target, by name.
inline std::vector<Seed> SeedsIn(std::string_view folder) {
  std::vector<Seed> seeds;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(CQ_SEEDS) / folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    seeds.push_back({.name = entry.path().filename().string(),
                     .content = {std::istreambuf_iterator<char>(file), {}}});
  }
  std::ranges::sort(seeds, {}, &Seed::name);
  return seeds;
}

}  // namespace fuzz
