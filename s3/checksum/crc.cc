#include "s3/checksum/crc.h"

#include <openssl/evp.h>

#include <array>
#include <concepts>
#include <cstring>

namespace s3 {
namespace {

/// A reflected CRC whose register starts as all ones and ends inverted, as all three of S3's are,
/// eight bytes a step. `kPolynomial` is reflected as well. The parameters are those of
/// https://reveng.sourceforge.io/crc-catalogue/all.htm
template <std::unsigned_integral Word, Word kPolynomial>
class Crc {
 public:
  using WordType = Word;

  static Word Of(std::span<const uint8_t> content) {
    Word crc = ~Word{0};
    const uint8_t* at = content.data();
    size_t left = content.size();
    for (; left >= 8; left -= 8, at += 8) {
      uint64_t next;
      std::memcpy(&next, at, 8);  // the machine is little-endian, as Arrow's format on the wire is
      next ^= crc;
      crc = 0;
      for (int i = 0; i < 8; ++i) crc ^= kTables[7 - i][next >> (8 * i) & 0xff];
    }
    for (; left > 0; --left, ++at) crc = kTables[0][(crc ^ *at) & 0xff] ^ (crc >> 8);
    return ~crc;
  }

  /// Behind what `first` is of come `second_bytes` bytes, which `second` is of. A CRC is the
  /// remainder of a polynomial over GF(2): bytes behind it multiply it by x^8 each, and their own
  /// remainder is added. The ones at the start and the inversion at the end cancel out.
  static Word Combined(Word first, Word second, int64_t second_bytes) {
    Word power = kOne;        // x^(8 * second_bytes)
    Word square = kOne >> 8;  // x^8, x^16, x^32, ...
    for (auto left = static_cast<uint64_t>(second_bytes); left != 0; left >>= 1) {
      if (left & 1) power = Product(power, square);
      square = Product(square, square);
    }
    return Product(first, power) ^ second;
  }

 private:
  /// The polynomial 1: the highest bit is the coefficient of x^0.
  static constexpr Word kOne = Word{1} << (8 * sizeof(Word) - 1);

  /// Modulo the CRC's polynomial.
  static constexpr Word Product(Word a, Word b) {
    Word product = 0;
    for (; a != 0; a <<= 1) {
      if (a & kOne) product ^= b;
      b = b & 1 ? b >> 1 ^ kPolynomial : b >> 1;
    }
    return product;
  }

  using Table = std::array<Word, 256>;

  /// Table k advances a byte by k more zero bytes.
  static constexpr std::array<Table, 8> MakeTables() {
    std::array<Table, 8> tables{};
    for (unsigned byte = 0; byte < 256; ++byte) {
      Word crc = byte;
      for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ kPolynomial : crc >> 1;
      tables[0][byte] = crc;
    }
    for (size_t k = 1; k < 8; ++k) {
      for (size_t byte = 0; byte < 256; ++byte) {
        const Word before = tables[k - 1][byte];
        tables[k][byte] = tables[0][before & 0xff] ^ before >> 8;
      }
    }
    return tables;
  }

  static constexpr std::array<Table, 8> kTables = MakeTables();
};

using Crc32 = Crc<uint32_t, 0xedb88320>;
using Crc32c = Crc<uint32_t, 0x82f63b78>;
using Crc64Nvme = Crc<uint64_t, 0x9a6c9329ac4bc9b5>;

template <std::unsigned_integral Word>
std::string Base64OfWord(Word word) {
  std::array<uint8_t, sizeof(Word)> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(word >> 8 * (bytes.size() - 1 - i));
  }
  return Base64(bytes);
}

/// What the algorithm's class gives for a function over it.
template <typename Function>
auto With(ChecksumAlgorithm algorithm, Function&& function) {
  if (algorithm == ChecksumAlgorithm::kCrc32) return function(Crc32());
  if (algorithm == ChecksumAlgorithm::kCrc32c) return function(Crc32c());
  return function(Crc64Nvme());
}

}  // namespace

std::string Base64(std::span<const uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<uint8_t*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(length));
  return text;
}

bool IsCrc(ChecksumAlgorithm algorithm) {
  return algorithm == ChecksumAlgorithm::kCrc32 || algorithm == ChecksumAlgorithm::kCrc32c ||
         algorithm == ChecksumAlgorithm::kCrc64Nvme;
}

uint64_t CrcOf(ChecksumAlgorithm algorithm, std::span<const uint8_t> content) {
  return With(algorithm, [&](auto crc) -> uint64_t { return crc.Of(content); });
}

uint64_t CombinedCrc(ChecksumAlgorithm algorithm, uint64_t first, uint64_t second,
                     int64_t second_bytes) {
  return With(algorithm, [&]<typename Crc>(Crc) -> uint64_t {
    using Word = typename Crc::WordType;
    return Crc::Combined(static_cast<Word>(first), static_cast<Word>(second), second_bytes);
  });
}

std::string CrcText(ChecksumAlgorithm algorithm, uint64_t crc) {
  return With(algorithm, [&]<typename Crc>(Crc) {
    return Base64OfWord(static_cast<typename Crc::WordType>(crc));
  });
}

}  // namespace s3
