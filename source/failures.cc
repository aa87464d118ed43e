#include "source/failures.h"

namespace source {

Severity SeverityOf(base::ErrorKind kind, bool fail_on_malformed) {
  switch (kind) {
    case base::ErrorKind::kCorrupt:
    case base::ErrorKind::kUnsupported:
    case base::ErrorKind::kNotFound:
      return fail_on_malformed ? Severity::kFailure : Severity::kWarning;
    case base::ErrorKind::kArchived:
    default:
      return Severity::kFailure;
  }
}

void Failures::Report(std::string_view table, std::string_view key, const arrow::Status& status) {
  const base::ErrorKind kind = base::KindOf(status);
  if (kind == base::ErrorKind::kCancelled) return;
  const std::string message = base::MessageOf(status);
  if (SeverityOf(kind, fail_on_malformed_) == Severity::kWarning) {
    log_.Warn("object left out: " + message,
              {{"table", table}, {"key", key}, {"reason", base::ErrorKindName(kind)}});
    const std::lock_guard lock(mutex_);
    kinds_.emplace(key, kind);
    ++warnings_;
    return;
  }
  log_.Error("object failed: " + message,
             {{"table", table}, {"key", key}, {"reason", base::ErrorKindName(kind)}});
  // A sink that takes no more has been cancelled, and with it the whole sync.
  if (sink_ != nullptr)
    (void)sink_->Error(table, "object \"" + std::string(key) + "\": " + message);
  const std::lock_guard lock(mutex_);
  kinds_.emplace(key, kind);
  if (failures_++ == 0) {
    first_ = status;
    first_key_ = key;
  }
}

arrow::Status Failures::Outcome() const {
  const std::lock_guard lock(mutex_);
  if (failures_ == 0) return arrow::Status::OK();
  std::string message =
      std::to_string(failures_) + (failures_ == 1 ? " object" : " objects") +
      " could not be read, so the result is incomplete and no stale rows are deleted; ";
  message += (failures_ == 1 ? "\"" : "the first is \"") + first_key_ + "\": ";
  return base::MakeError(base::InfoOf(first_), message + base::MessageOf(first_));
}

std::optional<base::ErrorKind> Failures::FailureOf(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto found = kinds_.find(key);
  return found == kinds_.end() ? std::nullopt : std::optional(found->second);
}

int64_t Failures::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

int64_t Failures::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

}  // namespace source
