#include "cloudquery/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace cloudquery {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"trace", "debug", "info", "warn", "error"};

// Standard output, through spdlog: whole lines, flushed one by one.
class StandardOutput : public Logger::Output {
 public:
  explicit StandardOutput(LogFormat format)
      : logger_("stdout", std::make_shared<spdlog::sinks::stdout_sink_mt>()) {
    logger_.set_pattern(format == LogFormat::kText ? "%Y-%m-%dT%H:%M:%S%z %v" : "%v");
    logger_.set_level(spdlog::level::trace);
    logger_.flush_on(spdlog::level::trace);
  }
  void Write(std::string_view line) override {
    logger_.info(spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  spdlog::logger logger_;
};

// Strings are valid UTF-8 already; the handler makes sure that no line is ever lost to an
// exception.
std::string Dump(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// The longest string gives way until the line fits; what was cut is marked.
std::string DumpWithin(nlohmann::ordered_json line, size_t max_bytes) {
  constexpr size_t kShortest = 3;  // nothing but the mark
  std::string text = Dump(line);
  while (text.size() > max_bytes) {
    nlohmann::ordered_json* longest = nullptr;
    size_t longest_bytes = kShortest;
    for (auto& value : line) {
      if (value.is_string() && value.get_ref<std::string&>().size() > longest_bytes) {
        longest = &value;
        longest_bytes = value.get_ref<std::string&>().size();
      }
    }
    if (longest == nullptr) break;
    auto& content = longest->get_ref<std::string&>();
    const size_t excess = text.size() - max_bytes;
    // Escapes make the text longer than the string, so cutting by the excess may take some rounds.
    const size_t keep =
        content.size() > excess + kShortest ? content.size() - excess : content.size() / 2;
    content = base::Shortened(content, std::max(keep, kShortest));
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
  return base::MakeError(
      base::ErrorKind::kConfig,
      "log level \"" + std::string(name) + "\" is not one of trace, debug, info, warn, error");
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

void Logger::SetInvocationId(std::string invocation_id) {
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
