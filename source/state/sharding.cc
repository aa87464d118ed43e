#include "source/state/sharding.h"

#include <cstdint>
#include <span>

#include "base/sha256.h"

namespace source {

bool IsOfShard(std::string_view key, const cloudquery::Shard& shard) {
  if (shard.total == 1) return true;  // the rule below, without the hash
  const auto digest = base::Sha256(key);
  const uint64_t hash = base::FirstWord(std::span(digest).first<8>());
  return hash % static_cast<uint64_t>(shard.total) == static_cast<uint64_t>(shard.num - 1);
}

}  // namespace source
