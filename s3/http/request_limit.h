// How many requests may be in flight at once: up to a maximum, and fewer while the service
// throttles.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace s3 {

/// Additive increase, multiplicative decrease, as in TCP: a throttled request halves the limit, and
/// as many successes as the limit raise it by one. Thread-safe.
class RequestLimit {
 public:
  explicit RequestLimit(int max);

  /// One request in flight.
  class Slot {
   public:
    explicit Slot(RequestLimit& limit, uint64_t era) : limit_(limit), era_(era) {}
    ~Slot() { limit_.Leave(); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    void Succeeded() { limit_.Succeeded(); }
    /// The service throttled the request. If a request that was sent at the same time has already
    /// halved the limit, it is not halved again.
    void Throttled() { limit_.Throttled(era_); }

   private:
    RequestLimit& limit_;
    const uint64_t era_;
  };

  /// Waits until another request may be sent. Returns at once when `stop` is requested.
  [[nodiscard]] Slot Enter(const std::stop_token& stop);

  /// How many requests may be in flight now; at least 1.
  int limit() const;

 private:
  void Leave();
  void Succeeded();
  void Throttled(uint64_t era);

  const int max_;
  mutable std::mutex mutex_;
  std::condition_variable_any room_;
  int limit_;          // guarded by mutex_
  int in_flight_ = 0;  // guarded by mutex_
  int successes_ = 0;  // guarded by mutex_: since the limit was last raised or halved
  uint64_t era_ = 0;   // guarded by mutex_: number of times the limit was halved
};

}  // namespace s3
