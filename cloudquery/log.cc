#include "cloudquery/log.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace cloudquery {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"trace", "debug", "info", "warn", "error"};

// The local time and its offset from UTC, "2024-02-29T23:59:59+01:00".
std::string LocalTime() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[sizeof("2024-02-29T23:59:59+0100")];
  const size_t length = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &local);
  return std::string(text, length).insert(length - 2, ":");  // RFC 3339 has a colon in the offset
}

// Standard output. Every line is flushed, since the CLI shows lines as they come.
class StandardOutput : public Logger::Output {
 public:
  explicit StandardOutput(LogFormat format) : format_(format) {}

  void Write(std::string_view line) override {
    line_.clear();
    if (format_ == LogFormat::kText) line_ = LocalTime() + " ";
    line_ += line;
    line_ += '\n';
    std::fwrite(line_.data(), 1, line_.size(), stdout);
    std::fflush(stdout);
  }

 private:
  const LogFormat format_;
  std::string line_;
};

// Strings are valid UTF-8 already. The handler makes sure that an exception never loses a line.
std::string Dump(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// Shortens the longest string, and marks it, until the line fits.
std::string DumpWithin(nlohmann::ordered_json line, size_t max_bytes) {
  constexpr size_t kMinBytes = 3;  // the mark alone
  std::string text = Dump(line);
  while (text.size() > max_bytes) {
    nlohmann::ordered_json* longest = nullptr;
    size_t longest_bytes = kMinBytes;
    for (auto& value : line) {
      if (value.is_string() && value.get_ref<std::string&>().size() > longest_bytes) {
        longest = &value;
        longest_bytes = value.get_ref<std::string&>().size();
      }
    }
    if (longest == nullptr) break;
    auto& content = longest->get_ref<std::string&>();
    const size_t excess = text.size() - max_bytes;
    // Escapes make the text longer than the string, so one cut may not be enough.
    const size_t keep =
        content.size() > excess + kMinBytes ? content.size() - excess : content.size() / 2;
    content = base::Shortened(content, std::max(keep, kMinBytes));
    text = Dump(line);
  }
  return text;
}

nlohmann::ordered_json ToJson(const LogField::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return base::SafeForTerminal(*text);
  return std::visit([](const auto& v) { return nlohmann::ordered_json(v); }, value);
}

std::string ToText(const nlohmann::ordered_json& line) {
  std::string text;
  for (const auto& [key, value] : line.items()) {
    if (key == "level" || key == "message") {
      text += value.get<std::string>() + " ";
    } else {
      text += key + "=" + Dump(value) + " ";
    }
  }
  text.pop_back();
  return text;
}

}  // namespace

struct Logger::State {
  std::mutex mutex;
  std::string invocation_id;       // guarded by mutex
  std::unique_ptr<Output> output;  // guarded by mutex
};

arrow::Result<LogLevel> ParseLogLevel(std::string_view name) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return base::MakeError(base::ErrorKind::kConfig,
                         "\"" + std::string(name) +
                             "\" is not a valid log level; use trace, debug, info, warn or error");
}

Logger::Logger(std::string module, LogLevel level, LogFormat format)
    : Logger(std::move(module), level, format, std::make_unique<StandardOutput>(format)) {}

Logger::Logger(std::string module, LogLevel level, LogFormat format, std::unique_ptr<Output> output)
    : module_(std::move(module)),
      level_(level),
      format_(format),
      state_(std::make_unique<State>()) {
  state_->output = std::move(output);
}

Logger::~Logger() = default;

void Logger::SetInvocationId(const std::string& invocation_id) {
  const std::lock_guard lock(state_->mutex);
  state_->invocation_id = base::SafeForTerminal(invocation_id);
}

void Logger::Log(LogLevel level, std::string_view message, LogFields fields) {
  if (!Enabled(level)) return;
  nlohmann::ordered_json line;
  line["level"] = kLevelNames[static_cast<size_t>(level)];
  if (format_ == LogFormat::kJson) line["module"] = module_;
  line["message"] = base::SafeForTerminal(message);
  for (const LogField& field : fields) line[std::string(field.key)] = ToJson(field.value);

  const std::lock_guard lock(state_->mutex);
  if (format_ == LogFormat::kText) {
    state_->output->Write(ToText(line));
    return;
  }
  if (!state_->invocation_id.empty()) line["invocation_id"] = state_->invocation_id;
  state_->output->Write(DumpWithin(std::move(line), kMaxLogLineBytes - 1));
}

}  // namespace cloudquery
