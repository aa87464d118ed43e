// AWS credentials, and the source that keeps and renews them. Where they come from: see
// credential_chain.h.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "arrow/result.h"
#include "base/error.h"
#include "s3/object_store.h"

namespace s3 {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  /// Empty for long-lived keys.
  std::string session_token;
  /// Not set: the credentials do not expire.
  std::optional<Timestamp> expires;
  bool operator==(const Credentials&) const = default;
};

/// Keeps credentials and renews them five minutes before they expire, or after three quarters of
/// their lifetime if that is later. One thread fetches at a time; meanwhile the others get the old
/// credentials while these are valid, and wait only if they are not. If an early renewal fails, the
/// old credentials are kept and the renewal is retried later. Thread-safe.
class CredentialSource {
 public:
  using Fetch = std::function<arrow::Result<Credentials>(std::stop_token)>;
  using Clock = std::function<Timestamp()>;

  /// Fetches nothing yet. `fetch` is called by one thread at a time.
  explicit CredentialSource(Fetch fetch, Clock now = &std::chrono::system_clock::now);

  /// Credentials that are valid now. Errors are those of the fetch; kAccess if it returned expired
  /// credentials; kCancelled if `stop` was requested.
  [[nodiscard]] arrow::Result<Credentials> Get(const std::stop_token& stop);

  /// To be called when a service says that `refused` have expired: fetches new credentials, unless
  /// another thread has just done so. Returns `refused` if there are no newer ones.
  [[nodiscard]] arrow::Result<Credentials> Renew(const Credentials& refused,
                                                 const std::stop_token& stop);

 private:
  using Lock = std::unique_lock<std::mutex>;

  bool IsValid() const;
  /// Fetches, or waits for the thread that does. The lock is not held meanwhile.
  arrow::Status Refresh(Lock& lock, const std::stop_token& stop);

  const Fetch fetch_;
  const Clock now_;
  std::mutex mutex_;
  std::condition_variable_any fetched_;
  std::optional<Credentials> current_;
  /// When to renew the current credentials, if they expire.
  Timestamp renew_at_;
  bool fetching_ = false;
  /// Number of fetches that have ended, and why the last one failed, if it did. Kept as text and
  /// info so that each thread makes its own status.
  int64_t fetches_ = 0;
  std::optional<std::pair<base::ErrorInfo, std::string>> failure_;
};

}  // namespace s3
