#include "s3/checksum.h"

#include <openssl/evp.h>

#include <array>
#include <concepts>
#include <cstring>

namespace s3 {
namespace {

struct HeaderName {
  std::string_view name;
  ChecksumAlgorithm algorithm;
};

constexpr std::array kHeaders = {
    HeaderName{"x-amz-checksum-crc64nvme", ChecksumAlgorithm::kCrc64Nvme},
    HeaderName{"x-amz-checksum-crc32c", ChecksumAlgorithm::kCrc32c},
    HeaderName{"x-amz-checksum-crc32", ChecksumAlgorithm::kCrc32},
    HeaderName{"x-amz-checksum-sha256", ChecksumAlgorithm::kSha256},
    HeaderName{"x-amz-checksum-sha1", ChecksumAlgorithm::kSha1},
};

/// A reflected CRC whose register starts as all ones and ends inverted, as all three of S3's are,
/// eight bytes a step. `kPolynomial` is reflected as well. The parameters are those of
/// https://reveng.sourceforge.io/crc-catalogue/all.htm
template <std::unsigned_integral Word, Word kPolynomial>
class Crc {
 public:
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

 private:
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

std::string Base64(std::span<const uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<uint8_t*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(length));
  return text;
}

template <std::unsigned_integral Word>
std::string Base64OfWord(Word word) {
  std::array<uint8_t, sizeof(Word)> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(word >> 8 * (bytes.size() - 1 - i));
  }
  return Base64(bytes);
}

std::string Base64OfDigest(const EVP_MD* digest, std::span<const uint8_t> content) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
  EVP_Digest(content.data(), content.size(), bytes.data(), &size, digest, nullptr);
  return Base64(std::span(bytes).first(size));
}

}  // namespace

std::optional<Checksum> ChecksumIn(const HttpHead& head) {
  if (head.Find("x-amz-checksum-type") == "COMPOSITE") return std::nullopt;
  for (const auto& [name, algorithm] : kHeaders) {
    const std::string_view value = head.Find(name);
    // "value-3" is of the checksums of three parts.
    if (value.empty() || value.find('-') != std::string_view::npos) continue;
    return Checksum{algorithm, std::string(value)};
  }
  return std::nullopt;
}

std::string ChecksumValue(ChecksumAlgorithm algorithm, std::span<const uint8_t> content) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
      return Base64OfWord(Crc32::Of(content));
    case ChecksumAlgorithm::kCrc32c:
      return Base64OfWord(Crc32c::Of(content));
    case ChecksumAlgorithm::kCrc64Nvme:
      return Base64OfWord(Crc64Nvme::Of(content));
    case ChecksumAlgorithm::kSha1:
      return Base64OfDigest(EVP_sha1(), content);
    case ChecksumAlgorithm::kSha256:
      return Base64OfDigest(EVP_sha256(), content);
  }
  return "";
}

}  // namespace s3
