#include "base/sha256.h"

#include <openssl/sha.h>

namespace base {

static_assert(sizeof(Sha256Digest) == SHA256_DIGEST_LENGTH);

Sha256Digest Sha256(std::string_view bytes) {
  Sha256Digest digest;
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

std::string ToHex(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

uint64_t FirstWord(std::span<const uint8_t, 8> bytes) {
  uint64_t word = 0;
  for (const uint8_t byte : bytes) word = word << 8 | byte;
  return word;
}

}  // namespace base
