#include "source/state/table_state.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "source/state/cursor_codec.h"

namespace source {
namespace {

constexpr char kPlain[] = "last_modified_cursor";
constexpr char kRecord[] = "delivered";
constexpr char kRows[] = "objects";
constexpr char kSchema[] = "schema";

arrow::Status Unusable(const std::string& key, const std::string& why, const std::string& prefix) {
  return base::MakeError(base::ErrorKind::kConfig,
                         "state: the value of \"" + key + "\" cannot be used: " + why +
                             ". Restore it, or delete all keys that begin with \"" + prefix +
                             "\" from the state table to read the whole table anew.");
}

std::string NameOf(const cloudquery::Shard& shard) {
  return std::to_string(shard.num) + "-of-" + std::to_string(shard.total);
}

std::set<int> RowsOf(const CursorRecord& record) {
  std::set<int> rows;
  for (const Coverage& coverage : record.coverages) {
    for (const HashPart& part : coverage.known.parts()) {
      if (part.row != HashPart::kNoRow) rows.insert(part.row);
    }
  }
  return rows;
}

}  // namespace

std::string TableState::RowPrefix(const std::string& table, const cloudquery::Shard& shard) const {
  return Key(table, kRows) + "/" + NameOf(shard) + "/";
}

arrow::Status TableState::CheckStore(const std::string& key, const CursorRecord& record) const {
  if (record.store.empty() || record.store == name_) return arrow::Status::OK();
  return base::MakeError(
      base::ErrorKind::kConfig,
      "state: \"" + key + "\" is about bucket " + base::Quoted(bucket_) + " at " +
          base::Quoted(record.store) + ", but this sync reads it at " + base::Quoted(name_) +
          ". Give each of the two stores a table of its own in backend_options.table_name. If it "
          "is "
          "one store that has moved, replace the old name by the new one in that value.");
}

arrow::Result<CursorRecord> TableState::LoadRecord(const std::string& table,
                                                   const std::string& key) {
  const std::string prefix = Key(table, "");
  // The record says whose rows these are, so it is looked at before they are asked for.
  std::string rows;
  const std::string text = store_.Get(key);
  const std::string name = key.substr(prefix.size() + sizeof kRecord - 1);
  rows = Key(table, kRows) + (name.empty() ? "/" + NameOf({}) : name) + "/";
  auto record = ParseRecord(text, [&](int row) { return store_.Get(rows + std::to_string(row)); });
  if (!record.ok()) return Unusable(key, base::MessageOf(record.status()), prefix);
  ARROW_RETURN_NOT_OK(CheckStore(key, *record));
  seen_[key] = text;
  generations_[key] = record->generation;
  stored_[key] = {.prefix = rows, .used = RowsOf(*record)};
  return record;
}

arrow::Result<TableCursor> TableState::Load(const std::string& table) {
  const std::string prefix = Key(table, "");
  std::optional<s3::Timestamp> plain;
  if (const std::string text = store_.Get(prefix + kPlain); !text.empty()) {
    const auto time = ParseTime(text);
    if (!time.ok()) return Unusable(prefix + kPlain, base::MessageOf(time.status()), prefix);
    plain = *time;
  }
  std::vector<CursorRecord> records;
  for (const std::string& key : store_.KeysWithPrefix(prefix + kRecord)) {
    ARROW_ASSIGN_OR_RAISE(CursorRecord record, LoadRecord(table, key));
    if (record.plain && !plain) {
      return Unusable(key, "\"" + prefix + kPlain + "\" belongs beside it and is not there",
                      prefix);
    }
    records.push_back(std::move(record));
  }
  return TableCursor(plain, std::move(records));
}

arrow::Result<std::vector<SchemaSource>> TableState::LoadSchemas(
    const std::string& table, cloudquery::NestedLists nested_lists) const {
  const std::string prefix = Key(table, kSchema);
  std::vector<SchemaSource> schemas;
  for (const std::string& key : store_.KeysWithPrefix(prefix)) {
    auto record = ParseSchemaRecord(store_.Get(key));
    if (!record.ok()) {
      return base::MakeError(base::ErrorKind::kConfig,
                             "state: the value of \"" + key +
                                 "\" cannot be used: " + base::MessageOf(record.status()) +
                                 ". Restore it, or delete the key to forget the table's columns.");
    }
    if (record->nested_lists != nested_lists) continue;
    schemas.push_back({.columns = std::move(record->columns), .key = key, .remembered = true});
  }
  return schemas;
}

std::string TableState::ShardKey(const std::string& table, const std::string& name,
                                 const cloudquery::Shard& shard) const {
  const std::string key = Key(table, name);
  return shard.total == 1 ? key : key + "/" + NameOf(shard);
}

arrow::Status TableState::SaveSchema(const std::string& table, const cloudquery::Shard& shard,
                                     const SchemaRecord& record) {
  ARROW_ASSIGN_OR_RAISE(std::string text, FormatSchemaRecord(record));
  const std::string key = ShardKey(table, kSchema, shard);
  if (store_.Get(key) != text) heads_[key] = std::move(text);
  return arrow::Status::OK();
}

// Not those that the stored record names: it must stay readable until the new one is stored.
void TableState::ChooseRows(const std::string& key, CursorRecord* record) const {
  std::set<int> taken = RowsOf(*record);
  if (const auto stored = stored_.find(key); stored != stored_.end()) {
    taken.insert(stored->second.used.begin(), stored->second.used.end());
  }
  int next = 0;
  for (Coverage& coverage : record->coverages) {
    for (HashPart& part : coverage.known.parts()) {
      if (part.row != HashPart::kNoRow) continue;
      while (taken.contains(next)) ++next;
      part.row = next++;
    }
  }
}

void TableState::Save(const std::string& table, CursorRecord* record,
                      std::optional<s3::Timestamp> plain) {
  const std::string key = ShardKey(table, kRecord, record->shard);
  record->store = name_;
  ChooseRows(key, record);
  const std::string prefix = RowPrefix(table, record->shard);
  for (const Coverage& coverage : record->coverages) {
    for (const HashPart& part : coverage.known.parts()) {
      const std::string row = prefix + std::to_string(part.row);
      std::string text = FormatHashes(part.hashes);
      if (store_.Get(row) != text) rows_[row] = std::move(text);
    }
  }
  record->generation = generations_[key];
  if (FormatRecord(*record) != store_.Get(key)) {
    ++record->generation;
    heads_[key] = FormatRecord(*record);
    saved_[key] = {.prefix = prefix, .used = RowsOf(*record)};
  }
  if (!plain) return;
  const std::string text = base::FormatRfc3339(*plain);
  if (store_.Get(Key(table, kPlain)) != text) heads_[Key(table, kPlain)] = text;
}

arrow::Status TableState::Reload(const std::stop_token& stop) {
  rows_.clear();
  heads_.clear();
  saved_.clear();
  return store_.Reload(stop);
}

bool TableState::IsForeign(const std::string& table, const cloudquery::Shard& shard) const {
  const std::string key = ShardKey(table, kRecord, shard);
  const auto seen = seen_.find(key);
  return store_.Get(key) != (seen == seen_.end() ? "" : seen->second);
}

arrow::Status TableState::Put(const std::map<std::string, std::string>& values,
                              const std::stop_token& stop) {
  for (const auto& [key, value] : values) store_.Set(key, value);
  return store_.Flush(stop);
}

bool TableState::Has(const std::map<std::string, std::string>& values) const {
  return std::ranges::all_of(
      values, [&](const auto& entry) { return store_.Get(entry.first) == entry.second; });
}

arrow::Status TableState::Flush(const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(Put(rows_, stop));
  ARROW_RETURN_NOT_OK(Put(heads_, stop));
  ARROW_RETURN_NOT_OK(store_.Reload(stop));
  if (!Has(rows_) || !Has(heads_)) {
    return base::MakeError(base::ErrorKind::kTransport,
                           "state: the values that were stored are not those that the destination "
                           "has now. Its log may say why. The next sync starts from what it has.");
  }
  for (auto& [key, rows] : saved_) {
    seen_[key] = heads_.at(key);
    ++generations_[key];
    EmptyUnusedRows(rows);
    stored_[key] = std::move(rows);
  }
  rows_.clear();
  heads_.clear();
  saved_.clear();
  return store_.Flush(stop);
}

void TableState::EmptyUnusedRows(const Rows& rows) {
  std::set<std::string> used;
  for (const int row : rows.used) used.insert(rows.prefix + std::to_string(row));
  for (const std::string& key : store_.KeysWithPrefix(rows.prefix)) {
    if (!used.contains(key)) store_.Set(key, "");
  }
}

}  // namespace source
