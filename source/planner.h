// From tables of listed objects to tables whose schema is known and agreed on: a table's schema is
// that of its oldest object that can be read, and every object that will be read is compared with
// it before any row is sent.
#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/status.h"
#include "base/thread_pool.h"
#include "cloudquery/types/normalizer.h"
#include "s3/object_store.h"
#include "source/outcomes.h"
#include "source/planned_table.h"

namespace source {

struct PlanOptions {
  cloudquery::NormalizeOptions normalize;
  /// The sync may leave out objects that an earlier one delivered.
  bool incremental = false;
  /// Memory for the layouts, and tiny objects, that are kept until they are read.
  int64_t layout_cache_bytes = int64_t{32} << 20;
};

/// Makes the plans of tables. Thread-safe.
class Planner {
 public:
  /// All must outlive it.
  Planner(s3::ObjectStore& store, const formats::Format& format, base::ThreadPool& io,
          PlanOptions options)
      : store_(store), format_(format), io_(io), options_(options) {}

  /// Finds the layouts of the objects that are to be read, and of each table's oldest, whether it
  /// is to be read or not; sets `plan` and `announced`. Objects and tables that fail are reported;
  /// a table without a readable object is not announced. kConfig for a table two of whose objects
  /// have other columns or types; the text names both, the column and the types. Adds sentences
  /// about renamed columns to `warnings`. Fails itself only when cancelled.
  [[nodiscard]] arrow::Status Plan(std::vector<PlannedTable>& tables, Outcomes& outcomes,
                                   std::vector<std::string>* warnings, std::stop_token stop);

 private:
  class TableLayouts;

  s3::ObjectStore& store_;
  const formats::Format& format_;
  base::ThreadPool& io_;
  const PlanOptions options_;
};

}  // namespace source
