// Where cursors are kept: the keys of the state store.
//
//   s3/{bucket}/{table}/last_modified_cursor        a time; other implementations keep this one
//   alone s3/{bucket}/{table}/delivered                   the record of an unsharded sync
//   s3/{bucket}/{table}/delivered/{num}-of-{total}  the record of one shard
#pragma once

#include <string>

#include "arrow/result.h"
#include "cloudquery/state.h"
#include "source/cursor.h"

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

  /// Puts it into the store, which is not flushed.
  void Save(const std::string& table, const TableCursor::Next& next);

 private:
  std::string Key(const std::string& table, const std::string& name) const {
    return "s3/" + bucket_ + "/" + table + "/" + name;
  }

  cloudquery::StateStore& store_;
  const std::string bucket_;
};

}  // namespace source
