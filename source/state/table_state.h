// Where cursors are kept: the keys of the state store.
//
//   s3/{bucket}/{table}/last_modified_cursor         a time; other implementations keep this one
//                                                    alone
//   s3/{bucket}/{table}/delivered                    the record of an unsharded sync
//   s3/{bucket}/{table}/delivered/{num}-of-{total}   the record of one shard
//   s3/{bucket}/{table}/objects/{num}-of-{total}/{row}  hashes of objects, which a record names
//   s3/{bucket}/{table}/schema                       the table's columns, by an unsharded sync
//   s3/{bucket}/{table}/schema/{num}-of-{total}      the same, by one shard
#pragma once

#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "cloudquery/state.h"
#include "source/schema/schema_record.h"
#include "source/schema/schema_union.h"
#include "source/state/cursor.h"

namespace source {

/// The state of one bucket's tables. Not thread-safe.
class TableState {
 public:
  /// `store` must outlive it. `name`: of the object store, see s3::ObjectStore::Name.
  TableState(cloudquery::StateStore& store, std::string bucket, std::string name)
      : store_(store), bucket_(std::move(bucket)), name_(std::move(name)) {}

  /// What is remembered of a table, by all shards. kConfig: a value that cannot be read, or one
  /// that is about another store; the text names its key and tells what to do.
  [[nodiscard]] arrow::Result<TableCursor> Load(const std::string& table);

  /// The schemas of a table that its shards announced, in the order of their keys; those that were
  /// made with another `nested_lists` are passed over. Errors as for Load.
  [[nodiscard]] arrow::Result<std::vector<SchemaSource>> LoadSchemas(
      const std::string& table, cloudquery::NestedLists nested_lists) const;

  /// Keeps a record for Flush, unless it is what the store has. Chooses the rows of its parts and
  /// raises its generation. `plain`: the plain cursor to go with it; none: it stays.
  void Save(const std::string& table, CursorRecord* record, std::optional<s3::Timestamp> plain);
  [[nodiscard]] arrow::Status SaveSchema(const std::string& table, const cloudquery::Shard& shard,
                                         const SchemaRecord& record);

  /// Whether something was saved that the store does not have.
  bool has_changes() const { return !rows_.empty() || !heads_.empty(); }

  /// Reads the store again, as it is now; what was saved and not flushed is forgotten.
  [[nodiscard]] arrow::Status Reload(const std::stop_token& stop);

  /// The store's record of a shard is not the one that was loaded or flushed last: another sync has
  /// written it. To be called after Reload.
  bool IsForeign(const std::string& table, const cloudquery::Shard& shard) const;

  /// Stores what was saved, and reads it back. Rows of hashes come first, the records that name
  /// them after these, so that an interruption leaves the records of before. At last, rows that no
  /// record names are emptied. kTransport: it was not stored, or another sync has written in
  /// between.
  [[nodiscard]] arrow::Status Flush(const std::stop_token& stop);

 private:
  /// The rows that the record of a key uses in the store, and what their keys begin with.
  struct Rows {
    std::string prefix;
    std::set<int> used;
  };

  std::string Key(const std::string& table, const std::string& name) const {
    return "s3/" + bucket_ + "/" + table + "/" + name;
  }
  std::string ShardKey(const std::string& table, const std::string& name,
                       const cloudquery::Shard& shard) const;
  /// What the keys of a record's rows begin with.
  std::string RowPrefix(const std::string& table, const cloudquery::Shard& shard) const;
  arrow::Result<CursorRecord> LoadRecord(const std::string& table, const std::string& key);
  arrow::Status CheckStore(const std::string& key, const CursorRecord& record) const;
  void ChooseRows(const std::string& key, CursorRecord* record) const;
  arrow::Status Put(const std::map<std::string, std::string>& values, const std::stop_token& stop);
  bool Has(const std::map<std::string, std::string>& values) const;
  void EmptyUnusedRows(const Rows& rows);

  cloudquery::StateStore& store_;
  const std::string bucket_;
  const std::string name_;
  std::map<std::string, std::string> seen_;      // records by key, as loaded or flushed
  std::map<std::string, uint64_t> generations_;  // of these
  std::map<std::string, Rows> stored_;           // by key of the record
  std::map<std::string, Rows> saved_;            // the same, once heads_ are flushed
  std::map<std::string, std::string> rows_;      // to be flushed first
  std::map<std::string, std::string> heads_;     // to be flushed after rows_
};

}  // namespace source
