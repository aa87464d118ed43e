#include "s3/credentials/credentials.h"

#include <algorithm>
#include <utility>

namespace s3 {
namespace {

using std::chrono::nanoseconds;

/// How long before they expire credentials are renewed at the earliest.
constexpr nanoseconds kRenewBefore = std::chrono::minutes(5);
/// How long to wait after an early renewal that failed.
constexpr nanoseconds kRenewalRetryWait = std::chrono::minutes(1);

arrow::Status AlreadyExpired() {
  return base::MakeError({.kind = base::ErrorKind::kAccess, .code = "ExpiredToken"},
                         "the credentials that were found have already expired. Renew them where "
                         "they come from, and check this machine's clock.");
}

}  // namespace

CredentialSource::CredentialSource(Fetch fetch, Clock now)
    : fetch_(std::move(fetch)), now_(std::move(now)) {}

bool CredentialSource::IsValid() const {
  return current_ && (!current_->expires || now_() < *current_->expires);
}

arrow::Result<Credentials> CredentialSource::Get(const std::stop_token& stop) {
  Lock lock(mutex_);
  const bool due = !current_ || (current_->expires && now_() >= renew_at_);
  if (!due || (fetching_ && IsValid())) return *current_;
  const arrow::Status status = Refresh(lock, stop);
  if (IsValid()) return *current_;
  return status.ok() ? AlreadyExpired() : status;
}

arrow::Result<Credentials> CredentialSource::Renew(const Credentials& refused,
                                                   const std::stop_token& stop) {
  Lock lock(mutex_);
  if (current_ == refused) ARROW_RETURN_NOT_OK(Refresh(lock, stop));
  if (!IsValid()) return AlreadyExpired();
  return *current_;
}

arrow::Status CredentialSource::Refresh(Lock& lock, const std::stop_token& stop) {
  while (fetching_) {
    const int64_t before = fetches_;
    if (!fetched_.wait(lock, stop, [&] { return fetches_ != before; })) return base::Cancelled();
    if (!failure_) return arrow::Status::OK();
    // If the other thread was told to stop, this one fetches itself.
    const auto& [info, text] = *failure_;
    if (info.kind != base::ErrorKind::kCancelled) return base::MakeError(info, text);
  }
  fetching_ = true;
  lock.unlock();
  const auto fetched = fetch_(stop);
  lock.lock();
  fetching_ = false;
  ++fetches_;
  failure_.reset();
  const Timestamp now = now_();
  if (fetched.ok()) {
    current_ = *fetched;
    if (current_->expires) {
      renew_at_ = *current_->expires - std::min(kRenewBefore, (*current_->expires - now) / 4);
    }
  } else {
    failure_.emplace(base::InfoOf(fetched.status()), base::MessageOf(fetched.status()));
    if (IsValid() && current_->expires) {
      renew_at_ = now + std::min(kRenewalRetryWait, (*current_->expires - now) / 4);
    }
  }
  fetched_.notify_all();
  return fetched.status();
}

}  // namespace s3
