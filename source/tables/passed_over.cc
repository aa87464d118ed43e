#include "source/tables/passed_over.h"

#include "base/text.h"

namespace source {
namespace {

// A log line has a limit, and there may be as many reasons as patterns.
constexpr size_t kMaxExampleBytes = 120;

}  // namespace

std::string PassedOver::Text() const {
  std::string text;
  for (const auto& [reason, found] : reasons_) {
    text += (text.empty() ? "" : "; ") + std::to_string(found.keys) + " " + reason +
            ", such as \"" + base::Shortened(found.example, kMaxExampleBytes) + "\"";
  }
  return text;
}

}  // namespace source
