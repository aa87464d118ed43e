#include "source/inventory.h"

#include <utility>

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
    table.objects.shrink_to_fit();  // it is kept for the whole sync
    inventory_.tables.push_back(std::move(table));
  }
  tables_.clear();
  return std::move(inventory_);
}

arrow::Result<Inventory> TakeInventory(s3::ObjectStore& store, const std::string& prefix,
                                       std::stop_token stop) {
  InventoryBuilder builder;
  s3::ListRequest request{.prefix = prefix};
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(s3::ListPage page, store.List(request, stop));
    for (s3::ObjectInfo& object : page.objects) builder.Add(std::move(object));
    if (!page.continuation) return builder.Finish();
    request.continuation = *std::move(page.continuation);
  }
}

}  // namespace source
