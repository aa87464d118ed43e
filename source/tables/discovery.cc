#include "source/tables/discovery.h"

#include <algorithm>
#include <mutex>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "cloudquery/types/identifiers.h"
#include "s3/listing.h"

namespace source {
namespace {

// Enough to see what keys look like.
constexpr size_t kMaxUnmatched = 3;
// A folder or two may have an equals sign in their names for other reasons.
constexpr size_t kFewPartitions = 5;
// Listings of prefixes that run side by side. Each may be divided further.
constexpr size_t kMaxListings = 4;

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

// The partitions of a table's keys as columns: those of its oldest object first, so that their
// order stays when objects come, then others that younger ones have.
std::vector<std::string> PartitionColumns(const PlannedTable& table, const TableRules& rules) {
  struct Place {
    s3::Timestamp time;
    const std::string* key = nullptr;
    size_t position = 0;
    std::string name;
  };
  std::map<std::string, Place> first;
  for (const PlannedObject& object : table.objects) {
    const s3::ObjectInfo& info = object.listing;
    if (!HasHivePartition(info.key)) continue;
    const auto partitions = rules.PathValuesOf(info.key);
    for (size_t i = 0; i < partitions.size(); ++i) {
      Place place{info.last_modified, &info.key, i, partitions[i].name};
      const auto [known, is_new] =
          first.try_emplace(cloudquery::FoldCase(partitions[i].name), place);
      if (!is_new &&
          std::tie(place.time, *place.key) < std::tie(known->second.time, *known->second.key)) {
        known->second = std::move(place);
      }
    }
  }
  std::vector<Place> places;
  for (auto& [folded, place] : first) places.push_back(std::move(place));
  std::ranges::sort(places, [](const Place& a, const Place& b) {
    return std::tie(a.time, *a.key, a.position) < std::tie(b.time, *b.key, b.position);
  });
  std::vector<std::string> names;
  for (Place& place : places) names.push_back(std::move(place.name));
  return names;
}

ExtraColumns ExtraColumnsOf(const PlannedTable& table, std::shared_ptr<const TableRules> rules,
                            const std::set<size_t>& its_rules) {
  ExtraColumns extras;
  std::set<std::string> names;
  std::set<MetadataColumn> metadata;
  const auto add = [&](const std::string& name) {
    if (names.insert(cloudquery::FoldCase(name)).second) extras.path_columns.push_back(name);
  };
  bool has_partitions = false;
  for (const size_t rule : its_rules) {
    std::ranges::for_each(rules->columns(rule), add);
    metadata.insert(rules->metadata(rule).begin(), rules->metadata(rule).end());
    has_partitions = has_partitions || rules->hive_partitioning(rule);
  }
  if (has_partitions) std::ranges::for_each(PartitionColumns(table, *rules), add);
  extras.metadata.assign(metadata.begin(), metadata.end());
  extras.rules = std::move(rules);
  return extras;
}

}  // namespace

void DiscoveryBuilder::PassOver(const KeyClass& key_class, const std::string& key) {
  found_.passed_over.Add(key_class.reason, key);
  if (!key_class.unmatched) return;
  found_.unmatched.insert(key);
  if (found_.unmatched.size() > kMaxUnmatched) found_.unmatched.erase(--found_.unmatched.end());
}

void DiscoveryBuilder::NoteFolder(const KeyClass& key_class, const std::string& key) {
  if (rules_->hive_partitioning(key_class.rule) || partition_folders_.size() > kFewPartitions ||
      !HasHivePartition(key)) {
    return;
  }
  partition_folders_.insert(key.substr(0, key.rfind('/')));
}

void DiscoveryBuilder::Add(s3::ObjectInfo object) {
  formats_.Add(object.key);
  KeyClass key_class = rules_->Classify(object);
  if (!key_class.table) {
    PassOver(key_class, object.key);
    return;
  }
  NoteFolder(key_class, object.key);
  TableName& name = *key_class.table;
  PlannedTable& table = tables_[name.name];
  if (table.objects.empty()) table.name = name.name;
  rules_of_[name.name].insert(key_class.rule);
  const bool new_folder = table.folders.insert(name.folder).second;
  if (new_folder && name.hashed) {
    found_.warnings.push_back("folder " + Quoted(name.folder) +
                              " has no character that a table name can have; its table is " +
                              Quoted(name.name));
  }
  table.bytes += object.size_bytes;
  table.objects.push_back({.listing = std::move(object)});
}

void DiscoveryBuilder::WarnOfTableFormats(std::vector<std::string>* warnings) const {
  for (const TableFormats::Folder& folder : formats_.folders()) {
    const std::string prefix = folder.data_prefix();
    const bool is_read = std::ranges::any_of(found_.tables, [&](const PlannedTable& table) {
      const auto first = std::ranges::lower_bound(
          table.objects, prefix, {},
          [](const PlannedObject& object) -> const auto& { return object.listing.key; });
      return first != table.objects.end() && first->listing.key.starts_with(prefix);
    });
    if (is_read) warnings->push_back(TableFormats::WarningOf(folder));
  }
}

Discovery DiscoveryBuilder::Finish() {
  for (auto& [name, table] : tables_) {
    if (table.folders.size() > 1) found_.warnings.push_back(SharedNameWarning(table));
    RemoveRepeatedKeys(&table);
    const std::set<size_t>& its_rules = rules_of_[name];
    table.format = rules_->format(*its_rules.begin());
    table.extras = ExtraColumnsOf(table, rules_, its_rules);
    table.schema_options = rules_->schema(*its_rules.begin());
    for (const size_t rule : its_rules) {
      table.schema_options = Merged(std::move(table.schema_options), rules_->schema(rule));
    }
    table.extras.types = table.schema_options.types;
    table.extras.rescue = table.schema_options.rescue;
    std::set<std::string> memberships;
    for (const size_t rule : its_rules) memberships.insert(rules_->membership(rule));
    for (const std::string& membership : memberships) table.membership += membership;
    found_.tables.push_back(std::move(table));
  }
  tables_.clear();
  WarnOfTableFormats(&found_.warnings);
  if (partition_folders_.size() > kFewPartitions) {
    found_.partition_example = *partition_folders_.begin();
  }
  std::ranges::sort(found_.warnings);
  return std::move(found_);
}

arrow::Result<Discovery> DiscoverTables(s3::ObjectStore& store,
                                        std::shared_ptr<const TableRules> rules,
                                        base::ThreadPool& io, std::stop_token stop) {
  const std::vector<std::string>& prefixes = rules->list_prefixes();
  DiscoveryBuilder builder(rules);
  std::mutex mutex;
  std::vector<arrow::Status> listed(prefixes.size());
  const auto list = [&](size_t i) {
    listed[i] = s3::ListAll(
        store, {.prefix = prefixes[i]}, io,
        [&](std::vector<s3::ObjectInfo> page) {
          const std::lock_guard lock(mutex);
          for (s3::ObjectInfo& object : page) builder.Add(std::move(object));
        },
        stop);
  };
  if (prefixes.size() == 1) {
    list(0);
  } else {
    // Threads that wait; the requests run on those of `io`.
    base::ThreadPool waiting(kMaxListings);
    waiting.ForEach(prefixes.size(), list);
  }
  for (const arrow::Status& status : listed) ARROW_RETURN_NOT_OK(status);
  return builder.Finish();
}

std::vector<NameClash> FindNameClashes(const std::vector<PlannedTable>& tables,
                                       const std::vector<std::string>& state_tables) {
  std::set<std::string> reserved;
  for (const std::string& name : state_tables) reserved.insert(cloudquery::FoldCase(name));
  std::map<std::string, std::vector<size_t>> by_folded_name;
  for (size_t i = 0; i < tables.size(); ++i)
    by_folded_name[cloudquery::FoldCase(tables[i].name)].push_back(i);
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
      } else if (reserved.contains(folded)) {
        clashes.push_back({i, "folder " + QuotedList(folders) + " becomes table " +
                                  Quoted(tables[i].name) +
                                  ", which is the name of a table that holds the state. Set "
                                  "another table_name in backend_options."});
      }
    }
  }
  return clashes;
}

}  // namespace source
