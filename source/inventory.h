// What a bucket holds, as tables: the listing, grouped by the rule of source/table_naming.h.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
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
  /// Plain sentences about what the user may not expect.
  std::vector<std::string> warnings;
};

/// Sorts listed objects into tables. Keys that are no data are passed over. Pure; not thread-safe.
class InventoryBuilder {
 public:
  void Add(s3::ObjectInfo object);
  /// To be called once.
  Inventory Finish();

 private:
  std::map<std::string, TableObjects> tables_;
  Inventory inventory_;
};

/// Lists all keys with the prefix, page by page.
[[nodiscard]] arrow::Result<Inventory> TakeInventory(s3::ObjectStore& store,
                                                     const std::string& prefix,
                                                     std::stop_token stop);

}  // namespace source
