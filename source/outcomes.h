// What becomes of a sync when objects cannot be read: which failures are only warned of, which make
// the result incomplete, and what is said about them.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/status.h"
#include "base/error.h"
#include "cloudquery/log.h"
#include "cloudquery/source.h"
#include "source/planned_table.h"

namespace source {

/// What a failed object means for the sync.
enum class Severity {
  kWarning,  // the object has nothing to give, or the next sync tries again: it is skipped
  kFailure,  // rows that exist may be missing: the sync must not end well, or stale deletion would
             // remove what earlier syncs stored of them
};

/// What the user decided about objects that cannot be read.
struct FailurePolicy {
  /// Malformed and deleted objects are failures.
  bool fail_on_malformed = false;
  /// Archived objects are failures.
  bool fail_on_archived = true;
};

/// Pure.
Severity SeverityOf(base::ErrorKind kind, const FailurePolicy& policy);

/// An object whose rows were all handed to the sink.
struct DeliveredObject {
  const PlannedTable* table = nullptr;
  ObjectHash hash = 0;
};

/// Sets the outcome of each object and collects the failures of one sync; logs and reports each as
/// it comes. Thread-safe, as long as no object is reported by two threads at a time.
class Outcomes {
 public:
  /// Both must outlive it. `sink` may be null: nothing but the log is told then.
  Outcomes(cloudquery::Logger& log, cloudquery::RecordSink* sink, FailurePolicy policy)
      : log_(log), sink_(sink), policy_(policy) {}

  /// All rows of this content of the object are with the sink.
  void Delivered(const PlannedTable& table, PlannedObject& object,
                 const s3::Generation& generation);

  /// The objects that were delivered since the last call.
  std::vector<DeliveredObject> TakeDelivered();

  /// `status` must not be OK. A cancellation is no failure of an object and changes nothing.
  void Failed(const PlannedTable& table, PlannedObject& object, const arrow::Status& status);

  /// The table is not synced: its objects that wait to be read have failed with it. `status` must
  /// name the table.
  void TableFailed(PlannedTable& table, const arrow::Status& status);

  /// OK when no failure came, else one sentence about how many tables and objects failed and why
  /// the first one did.
  [[nodiscard]] arrow::Status Result() const;

  int64_t warnings() const;
  int64_t failures() const;

 private:
  void Fail(const arrow::Status& status, std::string_view table, std::string_view key,
            const std::string& message);

  cloudquery::Logger& log_;
  cloudquery::RecordSink* const sink_;
  const FailurePolicy policy_;

  mutable std::mutex mutex_;
  int64_t warnings_ = 0;                    // guarded by mutex_: objects
  int64_t failures_ = 0;                    // guarded by mutex_: objects
  int64_t tables_failed_ = 0;               // guarded by mutex_
  arrow::Status first_;                     // guarded by mutex_
  std::string first_name_;                  // guarded by mutex_: key, or empty for a table
  std::vector<DeliveredObject> delivered_;  // guarded by mutex_
};

/// That no object which was to be read is still pending: each was delivered or reported. kOther,
/// with their number and one of their keys: the plugin has a fault, and the sync must fail rather
/// than end as if all had been read. Pure.
[[nodiscard]] arrow::Status CheckNothingIsPending(std::span<const PlannedTable> tables);

}  // namespace source
