#include "cloudquery/state/versioned_cache.h"

#include <utility>

namespace cloudquery {

void VersionedCache::Load(StateRow row) {
  const auto [entry, added] = entries_.try_emplace(std::move(row.key));
  if (!added && row.version < entry->second.version) return;
  entry->second = {
      .value = std::move(row.value), .version = row.version, .saved_version = row.version};
}

std::string VersionedCache::Get(std::string_view key) const {
  const auto entry = entries_.find(key);
  return entry == entries_.end() ? "" : entry->second.value;
}

std::vector<std::string> VersionedCache::KeysWithPrefix(std::string_view prefix) const {
  std::vector<std::string> keys;
  for (auto entry = entries_.lower_bound(prefix);
       entry != entries_.end() && entry->first.starts_with(prefix); ++entry) {
    if (!entry->second.value.empty()) keys.push_back(entry->first);
  }
  return keys;
}

void VersionedCache::Set(std::string_view key, std::string value) {
  auto entry = entries_.find(key);
  if (entry == entries_.end()) {
    if (value.empty()) return;
    entry = entries_.try_emplace(std::string(key)).first;
  } else if (entry->second.value == value) {
    return;
  }
  entry->second.value = std::move(value);
  ++entry->second.version;
}

std::vector<StateRow> VersionedCache::UnsavedRows() const {
  std::vector<StateRow> rows;
  for (const auto& [key, entry] : entries_) {
    if (entry.version == entry.saved_version) continue;
    rows.push_back({.key = key, .value = entry.value, .version = entry.version});
  }
  return rows;
}

void VersionedCache::MarkSaved(const std::vector<StateRow>& rows) {
  for (const StateRow& row : rows) entries_.at(row.key).saved_version = row.version;
}

}  // namespace cloudquery
