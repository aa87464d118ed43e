// Tells when an answer has become too slow to be waited for. Pure: it is told the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace s3 {

struct StallLimits {
  /// From the start of the request to the first byte of its answer. A service may have to look
  /// long, for the page of a huge listing for example.
  std::chrono::seconds first_byte{60};
  /// Once bytes flow, so many seconds may not pass with less than `bytes_per_second`.
  std::chrono::seconds stall{20};
  int64_t bytes_per_second = 1024;
};

/// For one request.
class StallWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  StallWatch(StallLimits limits, Time start) : limits_(limits), begin_(start) {}

  /// Why the answer is given up; nothing while it is not.
  ///
  /// \param bytes of the answer so far, its head included
  std::optional<std::string> Check(int64_t bytes, Time now);

 private:
  const StallLimits limits_;
  /// When the request started, or since then enough bytes had come.
  Time begin_;
  int64_t bytes_at_begin_ = 0;
};

}  // namespace s3
