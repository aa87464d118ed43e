// From listed objects to tables whose schema is known and agreed on: a table's schema is that of
// its oldest object, and every object that will be read is compared with it before any row is sent.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "base/thread_pool.h"
#include "cloudquery/normalizer.h"
#include "cloudquery/table.h"
#include "formats/parquet_file.h"
#include "s3/object_store.h"
#include "source/failures.h"
#include "source/footers.h"
#include "source/generation.h"
#include "source/inventory.h"
#include "source/table_schema.h"

namespace source {

/// An object that will be read.
struct ObjectPlan {
  Generation generation;
  /// Null when the footers of all objects take too much memory together; fetched again then.
  std::shared_ptr<const formats::ParquetFile> file;
  /// All of a tiny object. Null: to be fetched.
  std::shared_ptr<arrow::Buffer> content;
  /// From the object's schema to the table's.
  std::shared_ptr<const cloudquery::Normalizer> normalizer;
};

/// Of each object of a table, in the table's order, whether it is to be read.
using ReadSet = std::vector<bool>;

struct TablePlan {
  cloudquery::Table table;
  /// For objects that change after they were planned.
  std::shared_ptr<TableSchema> schema;
  /// Those to be read, in ascending order of their keys.
  std::vector<ObjectPlan> objects;
  std::shared_ptr<FooterGuess> footer_guess;
};

struct PlanOptions {
  cloudquery::NormalizeOptions normalize;
  /// The sync may leave out objects that an earlier one delivered.
  bool incremental = false;
  /// Memory for the footers, and tiny objects, that are kept until they are read.
  int64_t footer_cache_bytes = int64_t{32} << 20;
};

/// Makes the plans of tables. Thread-safe.
class Planner {
 public:
  /// All must outlive it.
  Planner(s3::ObjectStore& store, base::ThreadPool& io, PlanOptions options)
      : store_(store), io_(io), options_(options) {}

  /// Reads the footers of the objects in `reads` (one set per table), and of each table's oldest.
  /// Objects that fail are reported and left out; a table without a readable object is left out
  /// with them. kConfig: two objects of a table have other columns or types; the text names both,
  /// the column and the types. Adds sentences about renamed columns to `warnings`. The plans point
  /// into `tables`.
  [[nodiscard]] arrow::Result<std::vector<TablePlan>> PlanAll(
      const std::vector<TableObjects>& tables, const std::vector<ReadSet>& reads,
      Failures& failures, std::vector<std::string>* warnings, std::stop_token stop);

  /// The tables alone, each from the oldest of its objects that can be read.
  [[nodiscard]] arrow::Result<std::vector<cloudquery::Table>> PlanTables(
      const std::vector<TableObjects>& tables, Failures& failures, std::stop_token stop);

 private:
  struct FetchedFooter;
  class TableFooters;

  s3::ObjectStore& store_;
  base::ThreadPool& io_;
  const PlanOptions options_;
};

}  // namespace source
