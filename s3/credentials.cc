#include "s3/credentials.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace s3 {
namespace {

using std::chrono::nanoseconds;

/// How long before the end of their life credentials are renewed at the earliest.
constexpr nanoseconds kEarly = std::chrono::minutes(5);
/// After an early renewal that failed.
constexpr nanoseconds kPause = std::chrono::minutes(1);

arrow::Status AlreadyExpired() {
  return base::MakeError({.kind = base::ErrorKind::kAccess, .code = "ExpiredToken"},
                         "the credentials that were found have already expired; renew them where "
                         "they come from, and check this machine's clock");
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
    // That the other thread was told to stop does not concern this one.
    if (base::KindOf(outcome_) != base::ErrorKind::kCancelled) return outcome_;
  }
  fetching_ = true;
  lock.unlock();
  auto fetched = fetch_(stop);
  lock.lock();
  fetching_ = false;
  ++fetches_;
  outcome_ = fetched.status();
  const Timestamp now = now_();
  if (fetched.ok()) {
    current_ = *std::move(fetched);
    if (current_->expires) {
      renew_at_ = *current_->expires - std::min(kEarly, (*current_->expires - now) / 4);
    }
  } else if (IsValid() && current_->expires) {
    renew_at_ = now + std::min(kPause, (*current_->expires - now) / 4);
  }
  fetched_.notify_all();
  return outcome_;
}

}  // namespace s3
