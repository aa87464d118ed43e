#include "source/sharding.h"

#include <openssl/sha.h>

#include <array>
#include <cstdint>

namespace source {

bool IsOfShard(std::string_view key, const cloudquery::Shard& shard) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const uint8_t*>(key.data()), key.size(), digest.data());
  uint64_t hash = 0;
  for (size_t i = 0; i < sizeof(hash); ++i) hash = hash << 8 | digest[i];
  return hash % static_cast<uint64_t>(shard.total) == static_cast<uint64_t>(shard.num - 1);
}

}  // namespace source
