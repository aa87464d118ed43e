// What becomes of a sync when an object cannot be read: which failures are only warned of, which
// make the result incomplete, and what is said about them.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "arrow/status.h"
#include "base/error.h"
#include "cloudquery/log.h"
#include "cloudquery/source.h"

namespace source {

/// What a failed object means for the sync.
enum class Severity {
  kWarning,  // the object has nothing to give: it is malformed, or gone. Warned of and left out
  kFailure,  // rows that exist may be missing: the sync must not end well, or stale deletion would
             // remove what earlier syncs stored of them
};

/// Pure. `fail_on_malformed`: malformed and missing objects are failures too.
Severity SeverityOf(base::ErrorKind kind, bool fail_on_malformed);

/// Collects the failures of one sync; logs and reports each as it comes. Thread-safe.
class Failures {
 public:
  /// Both must outlive it. `sink` may be null: nothing but the log is told then.
  Failures(cloudquery::Logger& log, cloudquery::RecordSink* sink, bool fail_on_malformed)
      : log_(log), sink_(sink), fail_on_malformed_(fail_on_malformed) {}

  /// `status` must not be OK. A cancellation is nobody's failure and is passed over.
  void Report(std::string_view table, std::string_view key, const arrow::Status& status);

  /// OK when no failure came, else one sentence about how many objects failed and why the first one
  /// did.
  [[nodiscard]] arrow::Status Outcome() const;

  /// Why the object was left out; none: it was not.
  std::optional<base::ErrorKind> FailureOf(std::string_view key) const;

  int64_t warnings() const;
  int64_t failures() const;

 private:
  cloudquery::Logger& log_;
  cloudquery::RecordSink* const sink_;
  const bool fail_on_malformed_;

  mutable std::mutex mutex_;
  int64_t warnings_ = 0;                                       // guarded by mutex_
  int64_t failures_ = 0;                                       // guarded by mutex_
  arrow::Status first_;                                        // guarded by mutex_
  std::string first_key_;                                      // guarded by mutex_
  std::map<std::string, base::ErrorKind, std::less<>> kinds_;  // guarded by mutex_; by key
};

}  // namespace source
