#include "s3/http/server_clock.h"

#include <array>
#include <string_view>

namespace s3 {
namespace {

/// S3 accepts signatures that are up to 15 minutes off.
constexpr std::chrono::seconds kNegligible = std::chrono::minutes(2);

struct Unit {
  int64_t seconds;
  std::string_view name;
};
constexpr std::array kUnits = {Unit{86400, "d"}, Unit{3600, "h"}, Unit{60, "min"}, Unit{1, "s"}};

}  // namespace

std::string ClockDifferenceText(std::chrono::seconds service_is_ahead) {
  int64_t left = std::chrono::abs(service_is_ahead).count();
  std::string text;
  // The largest unit and the next smaller one are precise enough.
  for (size_t i = 0; i < kUnits.size(); ++i) {
    const auto& [seconds, name] = kUnits[i];
    if (left < seconds && i + 1 < kUnits.size()) continue;
    text = std::to_string(left / seconds) + " " + std::string(name);
    left %= seconds;
    if (i + 1 == kUnits.size() || left < kUnits[i + 1].seconds) break;
    text += " " + std::to_string(left / kUnits[i + 1].seconds) + " ";
    text += kUnits[i + 1].name;
    break;
  }
  return text +
         (service_is_ahead.count() >= 0 ? " behind the service's" : " ahead of the service's");
}

bool ServerClock::IsNegligible(std::chrono::seconds difference) {
  return std::chrono::abs(difference) < kNegligible;
}

bool ServerClock::Correct(std::chrono::seconds service_is_ahead) {
  if (IsNegligible(service_is_ahead - offset())) return false;
  offset_ = service_is_ahead.count();
  return true;
}

}  // namespace s3
