// The difference between this machine's clock and the service's, which refuses signatures whose
// time is too far from its own.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

namespace s3 {

/// "2 h 5 min behind the service's", for a service that is ahead by that much.
std::string ClockDifferenceText(std::chrono::seconds service_is_ahead);

/// The correction of the local clock for signatures. Thread-safe.
class ServerClock {
 public:
  std::chrono::seconds offset() const { return std::chrono::seconds(offset_.load()); }

  /// Whether network delays and waiting may explain the difference.
  static bool IsNegligible(std::chrono::seconds difference);

  /// True if this changes the offset.
  bool Correct(std::chrono::seconds service_is_ahead);

 private:
  std::atomic<std::chrono::seconds::rep> offset_ = 0;
};

}  // namespace s3
