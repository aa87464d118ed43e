// From tables of listed objects to tables whose schema is known: a table's schema is made of those
// of the objects that will be read, of what earlier syncs remembered, or else of the oldest object
// that can be read, before any row is sent.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "arrow/status.h"
#include "base/thread_pool.h"
#include "s3/object_store.h"
#include "source/outcomes.h"
#include "source/planned_table.h"
#include "source/read/memory_shares.h"

namespace source {

using LayoutObserver = std::function<void(const PlannedTable& table, const PlannedObject& object,
                                          const formats::ObjectLayout& layout)>;

struct PlanOptions {
  /// The sync may leave out objects that an earlier one delivered.
  bool incremental = false;
  /// False: nothing but layouts is read. Of a small object that would be read whole and kept, only
  /// the memory for that is reserved.
  bool read_small_objects = true;
  /// Called for each object that is to be read once its layout is found, by several threads at a
  /// time; the object's plan tells what is kept of it. Empty: nobody wants to know.
  LayoutObserver on_layout = {};
};

/// Makes the plans of tables. Thread-safe.
class Planner {
 public:
  /// All must outlive it.
  Planner(s3::ObjectStore& store, base::ThreadPool& io, SyncMemory& memory, PlanOptions options)
      : store_(store),
        io_(io),
        memory_(memory),
        finding_(memory.shares.fetch_bytes / 2),
        options_(std::move(options)) {}

  /// Finds the layouts of the objects that are to be read, and of the oldest of each table of which
  /// nothing is remembered, whether it is to be read or not; sets `plan` and `announced`. Objects
  /// and tables that fail are reported; a table without a readable object of which nothing is
  /// remembered is not announced. kConfig for a table whose schemas cannot be united; the text
  /// names all that is in the way. Adds sentences about columns that are renamed or widened to
  /// `warnings`. Fails itself only when cancelled.
  [[nodiscard]] arrow::Status Plan(std::vector<PlannedTable>& tables, Outcomes& outcomes,
                                   std::vector<std::string>* warnings, std::stop_token stop);

 private:
  class TableLayouts;

  s3::ObjectStore& store_;
  base::ThreadPool& io_;
  // The layouts and small objects that are kept until they are read.
  SyncMemory& memory_;
  // Half of what nothing is fetched with yet; the other half is for small objects.
  base::MemoryBudget finding_;
  const PlanOptions options_;
};

}  // namespace source
