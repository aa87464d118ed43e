// Where cursors are kept: the keys of the state store.
//
//   s3/{bucket}/{table}/last_modified_cursor        a time; other implementations keep this one
//   alone s3/{bucket}/{table}/delivered                   the record of an unsharded sync
//   s3/{bucket}/{table}/delivered/{num}-of-{total}  the record of one shard
//   s3/{bucket}/{table}/schema                      the table's columns, by an unsharded sync
//   s3/{bucket}/{table}/schema/{num}-of-{total}     the same, by one shard
#pragma once

#include <string>
#include <vector>

#include "arrow/result.h"
#include "cloudquery/state.h"
#include "source/schema/schema_record.h"
#include "source/schema/schema_union.h"
#include "source/state/cursor.h"

namespace source {

/// The state of one bucket's tables. Thread-safe as the store is.
class TableState {
 public:
  /// `store` must outlive it.
  TableState(cloudquery::StateStore& store, std::string bucket)
      : store_(store), bucket_(std::move(bucket)) {}

  /// What is remembered of a table, by all shards. kConfig: a value that cannot be read; the text
  /// names its key and tells how to start anew.
  [[nodiscard]] arrow::Result<TableCursor> Load(const std::string& table) const;

  /// The schemas of a table that its shards announced, in the order of their keys; those that were
  /// made with another `nested_lists` are passed over. Errors as for Load.
  [[nodiscard]] arrow::Result<std::vector<SchemaSource>> LoadSchemas(
      const std::string& table, cloudquery::NestedLists nested_lists) const;

  /// Puts it into the store, which is not flushed.
  void Save(const std::string& table, const TableCursor::Next& next);
  [[nodiscard]] arrow::Status SaveSchema(const std::string& table, const cloudquery::Shard& shard,
                                         const SchemaRecord& record);

 private:
  std::string Key(const std::string& table, const std::string& name) const {
    return "s3/" + bucket_ + "/" + table + "/" + name;
  }
  std::string ShardKey(const std::string& table, const std::string& name,
                       const cloudquery::Shard& shard) const;

  cloudquery::StateStore& store_;
  const std::string bucket_;
};

}  // namespace source
