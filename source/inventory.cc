#include "source/inventory.h"

#include <algorithm>
#include <utility>

#include "source/listing.h"
#include "source/table_naming.h"

namespace source {
namespace {

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

std::string SharedNameWarning(const TableObjects& table) {
  std::string names;
  for (const std::string& folder : table.folders) {
    names += (names.empty() ? "" : " and ") + Quoted(folder);
  }
  return "folders " + names + " all become table " + Quoted(table.name) +
         "; their objects are read as one table";
}

}  // namespace

void InventoryBuilder::Add(s3::ObjectInfo object) {
  if (!IsParquetKey(object.key)) return;
  TableName name = TableNameOf(object.key);
  TableObjects& table = tables_[name.name];
  if (table.objects.empty()) table.name = name.name;
  const bool new_folder = table.folders.insert(name.folder).second;
  if (new_folder && name.hashed) {
    inventory_.warnings.push_back("folder " + Quoted(name.folder) +
                                  " has no character that a table name can have; its table is " +
                                  Quoted(name.name));
  }
  ++inventory_.objects;
  inventory_.bytes += object.size_bytes;
  table.bytes += object.size_bytes;
  table.objects.push_back(std::move(object));
}

Inventory InventoryBuilder::Finish() {
  for (auto& [name, table] : tables_) {
    if (table.folders.size() > 1) inventory_.warnings.push_back(SharedNameWarning(table));
    std::ranges::sort(table.objects, {}, &s3::ObjectInfo::key);
    table.objects.shrink_to_fit();  // it is kept for the whole sync
    inventory_.tables.push_back(std::move(table));
  }
  tables_.clear();
  std::ranges::sort(inventory_.warnings);
  return std::move(inventory_);
}

arrow::Result<Inventory> TakeInventory(s3::ObjectStore& store, const std::string& prefix,
                                       base::ThreadPool& io, std::stop_token stop) {
  InventoryBuilder builder;
  ARROW_RETURN_NOT_OK(ListAll(
      store, {.prefix = prefix}, io,
      [&](std::vector<s3::ObjectInfo> page) {
        for (s3::ObjectInfo& object : page) builder.Add(std::move(object));
      },
      std::move(stop)));
  return builder.Finish();
}

}  // namespace source
