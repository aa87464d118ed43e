#include "source/commands/state_changes.h"

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

namespace source {
namespace {

constexpr char kCursor[] = "last_modified_cursor";

std::string PrefixOf(const std::string& bucket, const std::string& table) {
  return "s3/" + bucket + "/" + (table.empty() ? "" : table + "/");
}

arrow::Status ConfigError(const std::string& text) {
  return base::MakeError(base::ErrorKind::kConfig, text);
}

}  // namespace

std::vector<StateEntry> StateEntriesOf(const cloudquery::StateStore& store,
                                       const std::string& bucket, const std::string& table) {
  std::vector<StateEntry> entries;
  for (const std::string& key : store.KeysWithPrefix(PrefixOf(bucket, table))) {
    entries.push_back({key, store.Get(key)});
  }
  return entries;
}

std::vector<StateChange> ResetTable(const cloudquery::StateStore& store, const std::string& bucket,
                                    const std::string& table) {
  std::vector<StateChange> changes;
  for (const StateEntry& entry : StateEntriesOf(store, bucket, table)) {
    changes.push_back({.key = entry.key, .before = entry.value, .after = ""});
  }
  return changes;
}

arrow::Result<std::vector<StateChange>> SetCursor(const cloudquery::StateStore& store,
                                                  const std::string& bucket,
                                                  const std::string& table,
                                                  const std::string& time) {
  const auto wanted = base::ParseRfc3339(time);
  if (!wanted) {
    return ConfigError("the time " + base::Quoted(time) +
                       " is not valid. Write it like 2024-05-06T07:08:09Z");
  }
  const std::string key = PrefixOf(bucket, table) + kCursor;
  const std::string before = store.Get(key);
  const auto now = base::ParseRfc3339(before);
  if (!now) {
    return ConfigError("table " + base::Quoted(table) +
                       " has no cursor in the state, so the next "
                       "sync reads all of it anyway");
  }
  if (*wanted > *now) {
    return ConfigError("the cursor of table " + base::Quoted(table) + " is " + before +
                       ". A later time would skip objects that no sync has read");
  }
  return std::vector<StateChange>{
      {.key = key, .before = before, .after = base::FormatRfc3339(*wanted)}};
}

void Apply(const std::vector<StateChange>& changes, cloudquery::StateStore& store) {
  for (const StateChange& change : changes) store.Set(change.key, change.after);
}

}  // namespace source
