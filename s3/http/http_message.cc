#include "s3/http/http_message.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <system_error>

#include "base/text.h"

namespace s3 {
namespace {

/// A date in one of the formats of HTTP; nothing if it is not valid.
std::optional<std::chrono::sys_seconds> ParseDate(std::string_view text) {
  const time_t date = text.empty() ? -1 : curl_getdate(std::string(text).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(date));
}

}  // namespace

std::string_view HttpHead::Find(std::string_view name) const {
  std::string_view rest = fields_;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos &&
        base::EqualsIgnoringAsciiCase(line.substr(0, colon), name)) {
      return base::Trimmed(line.substr(colon + 1));
    }
  }
  return {};
}

std::optional<std::chrono::seconds> HttpHead::RetryAfter() const {
  const std::string_view value = Find("retry-after");
  if (value.empty()) return std::nullopt;
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc() || end != value.data() + value.size()) {
    const auto date = ParseDate(value);
    if (!date) return std::nullopt;
    seconds = date->time_since_epoch().count() - static_cast<int64_t>(time(nullptr));
  }
  return std::chrono::seconds(std::max<int64_t>(seconds, 0));
}

std::optional<std::chrono::sys_seconds> HttpHead::Date() const { return ParseDate(Find("date")); }

}  // namespace s3
