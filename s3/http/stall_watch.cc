#include "s3/http/stall_watch.h"

namespace s3 {

std::optional<std::string> StallWatch::Check(int64_t bytes, Time now) {
  if (bytes == 0) {
    if (now - begin_ < limits_.first_byte) return std::nullopt;
    return "no response within " + std::to_string(limits_.first_byte.count()) + " s";
  }
  const int64_t enough = limits_.bytes_per_second * limits_.stall.count();
  if (bytes_at_begin_ == 0 || bytes - bytes_at_begin_ >= enough) {
    begin_ = now;
    bytes_at_begin_ = bytes;
  }
  if (now - begin_ < limits_.stall) return std::nullopt;
  return "the response stalled: less than " + std::to_string(enough) + " bytes arrived in " +
         std::to_string(limits_.stall.count()) + " s";
}

}  // namespace s3
