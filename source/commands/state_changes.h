// Changes to the state of a table, as values that can be shown before they are made. Pure but for
// the store.
#pragma once

#include <string>
#include <vector>

#include "arrow/result.h"
#include "cloudquery/state.h"

namespace source {

struct StateEntry {
  std::string key;
  std::string value;

  bool operator==(const StateEntry&) const = default;
};

/// What the state remembers of the bucket's tables, or of one `table`; empty: of all.
std::vector<StateEntry> StateEntriesOf(const cloudquery::StateStore& store,
                                       const std::string& bucket, const std::string& table);

/// A value that is to be replaced. An empty one is as if the key were not there.
struct StateChange {
  std::string key;
  std::string before;
  std::string after;

  bool operator==(const StateChange&) const = default;
};

/// Forgets the table: the next sync reads all of it.
std::vector<StateChange> ResetTable(const cloudquery::StateStore& store, const std::string& bucket,
                                    const std::string& table);

/// Sets the cursor of the table back to `time` (RFC 3339): the next sync reads all objects after
/// it again. kConfig: not a valid time; the table has no cursor; or the time is after the cursor,
/// and objects would be missed.
[[nodiscard]] arrow::Result<std::vector<StateChange>> SetCursor(const cloudquery::StateStore& store,
                                                                const std::string& bucket,
                                                                const std::string& table,
                                                                const std::string& time);

/// Puts them into the store, which is not flushed.
void Apply(const std::vector<StateChange>& changes, cloudquery::StateStore& store);

}  // namespace source
