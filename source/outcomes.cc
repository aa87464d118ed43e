#include "source/outcomes.h"

#include <utility>

#include "base/text.h"

namespace source {
namespace {

using base::Quoted;

Outcome OutcomeOf(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::kCorrupt:
    case base::ErrorKind::kUnsupported:
      return Outcome::kMalformed;
    case base::ErrorKind::kNotFound:
      return Outcome::kGone;
    case base::ErrorKind::kArchived:
      return Outcome::kArchived;
    default:
      return Outcome::kFailed;
  }
}

std::string Counted(int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

Severity SeverityOf(base::ErrorKind kind, const FailurePolicy& policy) {
  switch (OutcomeOf(kind)) {
    case Outcome::kMalformed:
    case Outcome::kGone:
      return policy.fail_on_malformed ? Severity::kFailure : Severity::kWarning;
    case Outcome::kArchived:
      return policy.fail_on_archived ? Severity::kFailure : Severity::kWarning;
    default:
      return Severity::kFailure;
  }
}

void Outcomes::Delivered(const PlannedTable& table, PlannedObject& object,
                         const s3::Generation& generation) {
  object.outcome = Outcome::kDelivered;
  object.delivered = generation.relisted;
  const ObjectHash hash = HashOf(generation.info());
  const std::lock_guard lock(mutex_);
  delivered_.push_back({&table, hash});
}

std::vector<DeliveredObject> Outcomes::TakeDelivered() {
  const std::lock_guard lock(mutex_);
  return std::exchange(delivered_, {});
}

void Outcomes::Failed(const PlannedTable& table, PlannedObject& object,
                      const arrow::Status& status) {
  const base::ErrorKind kind = base::KindOf(status);
  if (kind == base::ErrorKind::kCancelled) return;
  object.outcome = OutcomeOf(kind);
  object.reason = kind;
  const std::string& key = object.listing.key;
  const std::string message = base::MessageOf(status);
  if (SeverityOf(kind, policy_) == Severity::kWarning) {
    log_.Warn("object skipped: " + message,
              {{"table", table.name}, {"key", key}, {"reason", base::ErrorKindName(kind)}});
    const std::lock_guard lock(mutex_);
    ++warnings_;
    return;
  }
  log_.Error("object failed: " + message,
             {{"table", table.name}, {"key", key}, {"reason", base::ErrorKindName(kind)}});
  Fail(status, table.name, key, "object " + Quoted(key) + ": " + message);
}

void Outcomes::TableFailed(PlannedTable& table, const arrow::Status& status) {
  if (base::KindOf(status) == base::ErrorKind::kCancelled) return;
  for (PlannedObject& object : table.objects) {
    object.plan = nullptr;
    if (!object.is_pending()) continue;
    object.outcome = Outcome::kFailed;
    object.reason = base::KindOf(status);
  }
  table.announced.reset();
  log_.Error("table failed: " + base::MessageOf(status), {{"table", table.name}});
  Fail(status, table.name, "", base::MessageOf(status));
}

void Outcomes::Fail(const arrow::Status& status, std::string_view table, std::string_view key,
                    const std::string& message) {
  // A sink that takes no more has been cancelled, and with it the whole sync.
  if (sink_ != nullptr) (void)sink_->Error(table, message);
  const std::lock_guard lock(mutex_);
  if (failures_ + tables_failed_ == 0) {
    first_ = status;
    first_name_ = key;
  }
  ++(key.empty() ? tables_failed_ : failures_);
}

arrow::Status Outcomes::Result() const {
  const std::lock_guard lock(mutex_);
  if (failures_ + tables_failed_ == 0) return arrow::Status::OK();
  std::string what;
  if (tables_failed_ > 0) what = Counted(tables_failed_, "table");
  if (failures_ > 0) what += (what.empty() ? "" : " and ") + Counted(failures_, "object");
  std::string message =
      what + " could not be read, so the result is incomplete and no stale rows are deleted; ";
  if (failures_ + tables_failed_ > 1) message += "the first is ";
  if (!first_name_.empty()) message += Quoted(first_name_) + ": ";
  return base::MakeError(base::InfoOf(first_), message + base::MessageOf(first_));
}

int64_t Outcomes::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

int64_t Outcomes::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

arrow::Status CheckNothingIsPending(std::span<const PlannedTable> tables) {
  int64_t pending = 0;
  const std::string* first = nullptr;
  for (const PlannedTable& table : tables) {
    for (const PlannedObject& object : table.objects) {
      if (!object.is_pending()) continue;
      if (pending++ == 0) first = &object.listing.key;
    }
  }
  if (pending == 0) return arrow::Status::OK();
  return base::MakeError({.kind = base::ErrorKind::kOther, .key = *first},
                         Counted(pending, "object") + " of the plan " +
                             (pending == 1 ? "was" : "were") +
                             " neither delivered nor reported, such as " + Quoted(*first) +
                             ". This is a fault of the plugin; please report it. The state does "
                             "not count them as delivered, so the next sync reads them.");
}

}  // namespace source
