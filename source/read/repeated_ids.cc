#include "source/read/repeated_ids.h"

#include <cstring>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/array/array_binary.h"
#include "arrow/util/checked_cast.h"
#include "cloudquery/types/convert_time_text.h"

namespace source {
namespace {

// Spreads what differs in a few bits over all of them (the finalizer of splitmix64).
uint64_t Mixed(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

uint64_t HashOf(uint64_t table, const uint8_t* id) {
  uint64_t words[2];
  std::memcpy(words, id, sizeof words);
  return Mixed(Mixed(table + words[0]) ^ words[1]);
}

}  // namespace

void RepeatedIds::Add(const std::string& table, const arrow::Array& ids) {
  const auto& values = arrow::internal::checked_cast<const arrow::FixedSizeBinaryArray&>(ids);
  const uint64_t table_hash = Mixed(std::hash<std::string>()(table));
  std::vector<std::pair<uint64_t, int64_t>> hashes;
  for (int64_t row = 0; row < values.length(); ++row) {
    if (values.IsValid(row)) hashes.emplace_back(HashOf(table_hash, values.GetValue(row)), row);
  }
  const std::lock_guard lock(mutex_);
  if (found_.contains(table)) return;
  for (const auto& [hash, row] : hashes) {
    if (hash > highest_) continue;
    if (!seen_.insert(hash).second) {
      found_[table] = cloudquery::UuidText(values.GetView(row));
      return;
    }
    if (seen_.size() <= max_ids_) continue;
    highest_ /= 2;
    std::erase_if(seen_, [this](uint64_t seen) { return seen > highest_; });
  }
}

std::optional<std::string> RepeatedIds::Find(const std::string& table) const {
  const std::lock_guard lock(mutex_);
  const auto found = found_.find(table);
  if (found == found_.end()) return std::nullopt;
  return found->second;
}

}  // namespace source
