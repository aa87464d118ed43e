// Which tables a bucket holds: its listing, sorted by source/tables/table_rules.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "base/thread_pool.h"
#include "s3/object_store.h"
#include "source/planned_table.h"
#include "source/tables/passed_over.h"
#include "source/tables/table_formats.h"
#include "source/tables/table_rules.h"

namespace source {

/// Tables in ascending order of their names.
struct Discovery {
  std::vector<PlannedTable> tables;
  /// Plain sentences about what the user may not expect, in alphabetical order.
  std::vector<std::string> warnings;
  /// What was listed but is not in `tables`.
  PassedOver passed_over;
  /// Up to three keys that no dataset matches.
  std::set<std::string> unmatched;
  /// A folder that looks like a partition, where the rules take it for a plain one and many do;
  /// else empty.
  std::string partition_example;
};

/// Sorts listed objects into tables. Not thread-safe.
class DiscoveryBuilder {
 public:
  explicit DiscoveryBuilder(std::shared_ptr<const TableRules> rules) : rules_(std::move(rules)) {}

  /// In any order of keys. A key that comes twice, as overlapping pages of a listing have it, is
  /// one object: the one modified last.
  void Add(s3::ObjectInfo object);
  /// To be called once.
  Discovery Finish();

 private:
  void PassOver(const KeyClass& key_class, const std::string& key);
  void NoteFolder(const KeyClass& key_class, const std::string& key);
  void WarnOfTableFormats(std::vector<std::string>* warnings) const;

  const std::shared_ptr<const TableRules> rules_;
  std::map<std::string, PlannedTable> tables_;
  /// The rules that objects of a table came by.
  std::map<std::string, std::set<size_t>> rules_of_;
  TableFormats formats_;
  /// Folders that look like partitions, as many as are needed to mention them.
  std::set<std::string> partition_folders_;
  Discovery found_;
};

/// Lists all keys that can be taken on the threads of `io`, see s3/listing.h.
[[nodiscard]] arrow::Result<Discovery> DiscoverTables(s3::ObjectStore& store,
                                                      std::shared_ptr<const TableRules> rules,
                                                      base::ThreadPool& io, std::stop_token stop);

/// A table that cannot be told from another one by a destination that ignores case, or from a table
/// that holds the state.
struct NameClash {
  /// Index of the table.
  size_t table = 0;
  /// What it clashes with, and what to do.
  std::string message;
};

/// The clashes among `tables`. `state_tables`: names of the tables that hold the state, if there is
/// one. Pure.
std::vector<NameClash> FindNameClashes(const std::vector<PlannedTable>& tables,
                                       const std::vector<std::string>& state_tables);

}  // namespace source
