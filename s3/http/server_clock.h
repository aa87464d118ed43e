// How far the clock of this machine is from the service's, which refuses signatures of a time that
// is too far from its own.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

namespace s3 {

/// "2 h 5 min behind the service's", for a service that is ahead by that much.
std::string ClockDifferenceText(std::chrono::seconds service_is_ahead);

/// What is added to the local clock for signatures. Thread-safe.
class ServerClock {
 public:
  std::chrono::seconds offset() const { return std::chrono::seconds(offset_.load()); }

  /// Answers need some time on their way, and requests wait: less says nothing about a clock.
  static bool IsNegligible(std::chrono::seconds difference);

  /// True when the offset was another one before, and so worth a word.
  bool Correct(std::chrono::seconds service_is_ahead);

 private:
  std::atomic<std::chrono::seconds::rep> offset_ = 0;
};

}  // namespace s3
