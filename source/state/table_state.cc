#include "source/state/table_state.h"

#include <utility>

#include "base/error.h"
#include "base/time.h"
#include "source/state/cursor_codec.h"

namespace source {
namespace {

constexpr char kPlain[] = "last_modified_cursor";
constexpr char kRecord[] = "delivered";
constexpr char kSchema[] = "schema";

arrow::Status Unusable(const std::string& key, const std::string& why, const std::string& prefix) {
  return base::MakeError(base::ErrorKind::kConfig,
                         "state: the value of \"" + key + "\" cannot be used: " + why +
                             ". Restore it, or delete all keys that begin with \"" + prefix +
                             "\" from the state table to read the whole table anew.");
}

}  // namespace

arrow::Result<TableCursor> TableState::Load(const std::string& table) const {
  const std::string prefix = Key(table, "");
  std::optional<s3::Timestamp> plain;
  if (const std::string text = store_.Get(prefix + kPlain); !text.empty()) {
    const auto time = ParseTime(text);
    if (!time.ok()) return Unusable(prefix + kPlain, base::MessageOf(time.status()), prefix);
    plain = *time;
  }
  std::vector<CursorRecord> records;
  for (const std::string& key : store_.KeysWithPrefix(prefix + kRecord)) {
    auto record = ParseRecord(store_.Get(key));
    if (!record.ok()) return Unusable(key, base::MessageOf(record.status()), prefix);
    if (record->plain && !plain) {
      return Unusable(key, "\"" + prefix + kPlain + "\" belongs beside it and is not there",
                      prefix);
    }
    records.push_back(*std::move(record));
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
  if (shard.total == 1) return key;
  return key + "/" + std::to_string(shard.num) + "-of-" + std::to_string(shard.total);
}

arrow::Status TableState::SaveSchema(const std::string& table, const cloudquery::Shard& shard,
                                     const SchemaRecord& record) {
  ARROW_ASSIGN_OR_RAISE(std::string text, FormatSchemaRecord(record));
  store_.Set(ShardKey(table, kSchema, shard), std::move(text));
  return arrow::Status::OK();
}

void TableState::Save(const std::string& table, const TableCursor::Next& next) {
  store_.Set(ShardKey(table, kRecord, next.record.shard), FormatRecord(next.record));
  if (next.plain) store_.Set(Key(table, kPlain), base::FormatRfc3339(*next.plain));
}

}  // namespace source
