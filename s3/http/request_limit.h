// How many requests may be in flight at once: as many as asked for, until the service asks for
// fewer.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace s3 {

/// Additive increase, multiplicative decrease, as TCP does it: a throttled request halves the
/// limit, and as many successes as the limit has requests raise it by one. Thread-safe.
class RequestLimit {
 public:
  explicit RequestLimit(int most);

  /// One request in flight.
  class Slot {
   public:
    explicit Slot(RequestLimit& limit, uint64_t era) : limit_(limit), era_(era) {}
    ~Slot() { limit_.Leave(); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    void Succeeded() { limit_.Succeeded(); }
    /// The service asked for fewer requests. Those that were sent together with one that has
    /// already halved the limit do not halve it again.
    void Throttled() { limit_.Throttled(era_); }

   private:
    RequestLimit& limit_;
    const uint64_t era_;
  };

  /// Waits until there is room. Once `stop` is requested it waits no longer and lets pass.
  [[nodiscard]] Slot Enter(const std::stop_token& stop);

  /// How many may be in flight now; at least 1.
  int limit() const;

 private:
  void Leave();
  void Succeeded();
  void Throttled(uint64_t era);

  const int most_;
  mutable std::mutex mutex_;
  std::condition_variable_any room_;
  int limit_;          // guarded by mutex_
  int in_flight_ = 0;  // guarded by mutex_
  int successes_ = 0;  // guarded by mutex_: since the limit was last raised or halved
  uint64_t era_ = 0;   // guarded by mutex_: how often the limit was halved
};

}  // namespace s3
