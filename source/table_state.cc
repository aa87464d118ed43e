#include "source/table_state.h"

#include <utility>

#include "base/error.h"
#include "base/time.h"
#include "source/cursor_codec.h"

namespace source {
namespace {

constexpr char kPlain[] = "last_modified_cursor";
constexpr char kRecord[] = "delivered";

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

void TableState::Save(const std::string& table, const TableCursor::Next& next) {
  const cloudquery::Shard& shard = next.record.shard;
  const std::string key = shard.total == 1 ? Key(table, kRecord)
                                           : Key(table, kRecord) + "/" + std::to_string(shard.num) +
                                                 "-of-" + std::to_string(shard.total);
  store_.Set(key, FormatRecord(next.record));
  if (next.plain) store_.Set(Key(table, kPlain), base::FormatRfc3339(*next.plain));
}

}  // namespace source
