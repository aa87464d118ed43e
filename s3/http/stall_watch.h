// Decides when a response is too slow to wait for. Pure: the caller passes the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace s3 {

struct StallLimits {
  /// Max time from the start of the request to the first byte of its response. A service may need
  /// long, for example for the page of a huge listing.
  std::chrono::seconds first_byte{60};
  /// After the first byte: a response that stays below `bytes_per_second` for this long has
  /// stalled.
  std::chrono::seconds stall{20};
  int64_t bytes_per_second = 1024;
};

/// For one request.
class StallWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  StallWatch(StallLimits limits, Time start) : limits_(limits), begin_(start) {}

  /// Why the response is abandoned; nothing while it is fast enough.
  ///
  /// \param bytes of the response so far, including its head
  std::optional<std::string> Check(int64_t bytes, Time now);

 private:
  const StallLimits limits_;
  /// The start of the current interval: of the request, or when enough bytes had arrived.
  Time begin_;
  int64_t bytes_at_begin_ = 0;
};

}  // namespace s3
