// The one schema of a table, and what brings the rows of each of its objects to it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/normalizer.h"

namespace source {

/// Objects of equal schemas share a normalizer. Thread-safe.
class TableSchema {
 public:
  TableSchema(std::string table, cloudquery::NormalizeOptions options)
      : table_(std::move(table)), options_(options) {}

  /// The first call makes the table's schema. Later ones give kConfig when the schema of the object
  /// `key` has other columns or types; the text names both objects, the column and the types.
  [[nodiscard]] arrow::Result<std::shared_ptr<const cloudquery::Normalizer>> Add(
      const std::string& key, const std::shared_ptr<arrow::Schema>& schema);

  /// Of the first schema; null when there is none.
  std::shared_ptr<const cloudquery::Normalizer> first() const;

 private:
  struct Known {
    std::shared_ptr<arrow::Schema> schema;
    std::shared_ptr<const cloudquery::Normalizer> normalizer;
  };
  const std::string table_;
  const cloudquery::NormalizeOptions options_;
  mutable std::mutex mutex_;
  std::string first_key_;     // guarded by mutex_
  std::vector<Known> known_;  // guarded by mutex_
};

}  // namespace source
