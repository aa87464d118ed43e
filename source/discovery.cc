#include "source/discovery.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "s3/listing.h"
#include "source/table_naming.h"

namespace source {
namespace {

using base::Quoted;

std::string QuotedList(const std::set<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : " and ") + Quoted(name);
  return list;
}

std::string SharedNameWarning(const PlannedTable& table) {
  return "folders " + QuotedList(table.folders) + " all become table " + Quoted(table.name) +
         "; their objects are read as one table";
}

// Table names are ASCII.
std::string FoldCase(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

void RemoveRepeatedKeys(PlannedTable* table) {
  auto& objects = table->objects;
  std::ranges::stable_sort(objects, [](const PlannedObject& a, const PlannedObject& b) {
    return a.listing.key != b.listing.key ? a.listing.key < b.listing.key
                                          : a.listing.last_modified > b.listing.last_modified;
  });
  const auto repeated = std::ranges::unique(
      objects, {}, [](const PlannedObject& object) -> const auto& { return object.listing.key; });
  for (const PlannedObject& object : repeated) table->bytes -= object.listing.size_bytes;
  objects.erase(repeated.begin(), repeated.end());
  objects.shrink_to_fit();  // it is kept for the whole sync
}

}  // namespace

void DiscoveryBuilder::Add(s3::ObjectInfo object) {
  if (!format_.Owns(object.key)) return;
  TableName name = TableNameOf(object.key);
  PlannedTable& table = tables_[name.name];
  if (table.objects.empty()) table.name = name.name;
  const bool new_folder = table.folders.insert(name.folder).second;
  if (new_folder && name.hashed) {
    warnings_.push_back("folder " + Quoted(name.folder) +
                        " has no character that a table name can have; its table is " +
                        Quoted(name.name));
  }
  table.bytes += object.size_bytes;
  table.objects.push_back({.listing = std::move(object)});
}

Discovery DiscoveryBuilder::Finish() {
  Discovery discovery{.warnings = std::move(warnings_)};
  for (auto& [name, table] : tables_) {
    if (table.folders.size() > 1) discovery.warnings.push_back(SharedNameWarning(table));
    RemoveRepeatedKeys(&table);
    discovery.tables.push_back(std::move(table));
  }
  tables_.clear();
  std::ranges::sort(discovery.warnings);
  return discovery;
}

arrow::Result<Discovery> DiscoverTables(s3::ObjectStore& store, const formats::Format& format,
                                        const std::string& prefix, base::ThreadPool& io,
                                        std::stop_token stop) {
  DiscoveryBuilder builder(format);
  ARROW_RETURN_NOT_OK(s3::ListAll(
      store, {.prefix = prefix}, io,
      [&](std::vector<s3::ObjectInfo> page) {
        for (s3::ObjectInfo& object : page) builder.Add(std::move(object));
      },
      std::move(stop)));
  return builder.Finish();
}

std::vector<NameClash> FindNameClashes(const std::vector<PlannedTable>& tables,
                                       const std::string& state_table) {
  std::map<std::string, std::vector<size_t>> by_folded_name;
  for (size_t i = 0; i < tables.size(); ++i) by_folded_name[FoldCase(tables[i].name)].push_back(i);
  std::vector<NameClash> clashes;
  for (const auto& [folded, same] : by_folded_name) {
    std::set<std::string> folders;
    for (const size_t i : same) folders.insert(tables[i].folders.begin(), tables[i].folders.end());
    for (const size_t i : same) {
      if (same.size() > 1) {
        clashes.push_back({i, "folders " + QuotedList(folders) +
                                  " become tables whose names differ in case only, which most "
                                  "destinations cannot tell apart. Rename one of the folders, or "
                                  "leave one of the tables to another sync with skip_tables."});
      } else if (folded == FoldCase(state_table)) {
        clashes.push_back({i, "folder " + QuotedList(folders) + " becomes table " +
                                  Quoted(tables[i].name) +
                                  ", which is the name of the table that holds the state. Set "
                                  "another table_name in backend_options."});
      }
    }
  }
  return clashes;
}

}  // namespace source
