#include "tests/fuzz/broken_files.h"

#include <algorithm>

namespace fuzz {
namespace {

void Overwrite(std::string& bytes, size_t position, std::string_view with) {
  const size_t length = std::min(with.size(), bytes.size() - position);
  bytes.replace(position, length, with.substr(0, length));
}

template <int kMask>
void Flip(std::string& bytes, size_t position, std::mt19937&) {
  bytes[position] = static_cast<char>(bytes[position] ^ kMask);
}

template <int kByte>
void Set(std::string& bytes, size_t position, std::mt19937&) {
  bytes[position] = static_cast<char>(kByte);
}

void Noise(std::string& bytes, size_t position, std::mt19937& numbers) {
  std::string noise(8, '\0');
  for (char& c : noise) c = static_cast<char>(numbers());
  Overwrite(bytes, position, noise);
}

// Thrift's compact protocol writes 2^31 - 1 and -2^31 like this, the most that a length can claim.
void LargestLength(std::string& bytes, size_t position, std::mt19937&) {
  Overwrite(bytes, position, "\xFE\xFF\xFF\xFF\x0F");
}

void Remove(std::string& bytes, size_t position, std::mt19937&) { bytes.erase(position, 1); }

void Truncate(std::string& bytes, size_t position, std::mt19937&) { bytes.resize(position); }

}  // namespace

const std::array<Damage, 9> kDamages = {{
    {"LowestBitFlipped", Flip<0x01>},
    {"HighestBitFlipped", Flip<0x80>},
    {"SeveralBitsFlipped", Flip<0x5A>},
    {"Zero", Set<0x00>},
    {"AllOnes", Set<0xFF>},
    {"EightBytesOfNoise", Noise},
    {"LargestLength", LargestLength},
    {"ByteRemoved", Remove},
    {"Truncated", Truncate},
}};

std::string Damaged(std::string_view whole, const Damage& damage, size_t position) {
  std::string bytes(whole);
  std::mt19937 numbers(static_cast<unsigned>(position));
  damage.apply(bytes, position, numbers);
  return bytes;
}

}  // namespace fuzz
