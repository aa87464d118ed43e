// AWS credentials, and the place where they are kept and renewed. Where they come from is the
// matter of credential_chain.h.
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
  /// Not set: they do not expire.
  std::optional<Timestamp> expires;
  bool operator==(const Credentials&) const = default;
};

/// Keeps credentials and fetches new ones some minutes before they expire (a quarter of their life,
/// if that is less). One thread fetches at a time; meanwhile the others get the old ones while
/// these are valid, and wait only when they are not. An early renewal that fails leaves the old
/// ones in place and is tried again later. Thread-safe.
class CredentialSource {
 public:
  using Fetch = std::function<arrow::Result<Credentials>(std::stop_token)>;
  using Clock = std::function<Timestamp()>;

  /// Fetches nothing yet. `fetch` is called by one thread at a time.
  explicit CredentialSource(Fetch fetch, Clock now = &std::chrono::system_clock::now);

  /// Credentials that are valid now. Errors are those of the fetch; kAccess when it brought expired
  /// ones; kCancelled when `stop` was requested.
  [[nodiscard]] arrow::Result<Credentials> Get(const std::stop_token& stop);

  /// For a service that takes `refused` for expired: others, fetched now unless another thread has
  /// just done so. Equal to `refused` when there are no newer ones.
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
  /// When to fetch the next ones, if the current ones expire.
  Timestamp renew_at_;
  bool fetching_ = false;
  /// How many fetches have ended, and why the last of them failed, if it did. Text and info, so
  /// that each thread makes a status of its own.
  int64_t fetches_ = 0;
  std::optional<std::pair<base::ErrorInfo, std::string>> failure_;
};

}  // namespace s3
