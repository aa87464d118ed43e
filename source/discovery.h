// Which tables a bucket holds: its listing, grouped by the rule of source/table_naming.h.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "base/thread_pool.h"
#include "formats/format.h"
#include "s3/object_store.h"
#include "source/planned_table.h"

namespace source {

/// Tables in ascending order of their names.
struct Discovery {
  std::vector<PlannedTable> tables;
  /// Plain sentences about what the user may not expect, in alphabetical order.
  std::vector<std::string> warnings;
};

/// Sorts listed objects into tables. Keys that the format does not own are skipped. Pure; not
/// thread-safe.
class DiscoveryBuilder {
 public:
  explicit DiscoveryBuilder(const formats::Format& format) : format_(format) {}

  /// In any order of keys. A key that comes twice, as overlapping pages of a listing have it, is
  /// one object: the one modified last.
  void Add(s3::ObjectInfo object);
  /// To be called once.
  Discovery Finish();

 private:
  const formats::Format& format_;
  std::map<std::string, PlannedTable> tables_;
  std::vector<std::string> warnings_;
};

/// Lists all keys with the prefix on the threads of `io`, see s3/listing.h.
[[nodiscard]] arrow::Result<Discovery> DiscoverTables(s3::ObjectStore& store,
                                                      const formats::Format& format,
                                                      const std::string& prefix,
                                                      base::ThreadPool& io, std::stop_token stop);

/// A table that cannot be told from another one by a destination that ignores case, or from the
/// table that holds the state.
struct NameClash {
  /// Index of the table.
  size_t table = 0;
  /// What it clashes with, and what to do.
  std::string message;
};

/// The clashes among `tables`. `state_table`: name of the table that holds the state; empty: none.
/// Pure.
std::vector<NameClash> FindNameClashes(const std::vector<PlannedTable>& tables,
                                       const std::string& state_table);

}  // namespace source
