#include "base/sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace base {

static_assert(sizeof(Sha256Digest) == SHA256_DIGEST_LENGTH);

Sha256Digest Sha256(std::string_view bytes) {
  Sha256Digest digest;
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

Sha256Digest HmacSha256(std::span<const uint8_t> key, std::string_view message) {
  Sha256Digest digest;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const uint8_t*>(message.data()), message.size(), digest.data(), nullptr);
  return digest;
}

uint64_t FirstWord(std::span<const uint8_t, 8> bytes) {
  uint64_t word = 0;
  for (const uint8_t byte : bytes) word = word << 8 | byte;
  return word;
}

}  // namespace base
