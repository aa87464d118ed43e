// Damaged versions of a small file: one kind of damage at every byte, so that each part of the file
// is hit, from the magic over page headers, dictionaries and pages to the footer and its length.
// Pure, thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace fuzz {

struct Damage {
  /// As part of a test's name.
  std::string_view name;
  /// Damages `bytes` at `position`, which is inside them. The same numbers give the same file.
  void (*apply)(std::string& bytes, size_t position, std::mt19937& numbers);
};

extern const std::array<Damage, 9> kDamages;

/// `whole` with that damage; deterministic.
std::string Damaged(std::string_view whole, const Damage& damage, size_t position);

}  // namespace fuzz
