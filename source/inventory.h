// What a bucket holds, as tables: the listing, grouped by the rule of source/table_naming.h.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "base/thread_pool.h"
#include "s3/object_store.h"

namespace source {

/// A table's objects, in ascending order of their keys.
struct TableObjects {
  std::string name;
  /// The folders that make up the table; more than one when several normalise to one name.
  std::set<std::string> folders;
  std::vector<s3::ObjectInfo> objects;
  int64_t bytes = 0;
};

/// Tables in ascending order of their names.
struct Inventory {
  std::vector<TableObjects> tables;
  int64_t objects = 0;
  int64_t bytes = 0;
  /// Plain sentences about what the user may not expect, in alphabetical order.
  std::vector<std::string> warnings;
};

/// Sorts listed objects into tables. Keys that are no data are passed over. Pure; not thread-safe.
class InventoryBuilder {
 public:
  /// In any order of keys.
  void Add(s3::ObjectInfo object);
  /// To be called once.
  Inventory Finish();

 private:
  std::map<std::string, TableObjects> tables_;
  Inventory inventory_;
};

/// Lists all keys with the prefix on the threads of `io`, see source/listing.h.
[[nodiscard]] arrow::Result<Inventory> TakeInventory(s3::ObjectStore& store,
                                                     const std::string& prefix,
                                                     base::ThreadPool& io, std::stop_token stop);

}  // namespace source
