// Which objects a shard of a sync reads. Pure.
#pragma once

#include <string_view>

#include "cloudquery/source.h"

namespace source {

/// True when the object with this key is the shard's. Each key belongs to exactly one of the
/// `total` shards, by a hash of the key alone (the first 8 bytes of its SHA-256, modulo `total`),
/// so that objects which come and go do not move others.
bool IsOfShard(std::string_view key, const cloudquery::Shard& shard);

}  // namespace source
