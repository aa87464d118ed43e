// The plugin's log. CloudQuery's CLI reads it from standard output: one JSON object a line, at most
// 4,095 bytes a line, the levels by their exact names (plugin-pb-go, managedplugin/log_reader.go);
// no time, since the CLI adds its own. The text format, which people read who start `serve` by
// hand, has one. The CLI shows messages and fields on terminals, so both formats hold them as
// base::SafeForTerminal gives them. Thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "arrow/result.h"

namespace cloudquery {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

/// Longest line with its newline: what the CLI reads whole. A longer line would lose its level.
inline constexpr size_t kMaxLogLineBytes = 4095;

/// kConfig for anything but trace, debug, info, warn, error.
[[nodiscard]] arrow::Result<LogLevel> ParseLogLevel(std::string_view name);

/// A key beside the message.
struct LogField {
  using Value = std::variant<std::string, int64_t, double, bool>;
  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, int64_t v) : key(k), value(v) {}
  LogField(std::string_view k, int v) : key(k), value(int64_t{v}) {}
  LogField(std::string_view k, size_t v) : key(k), value(static_cast<int64_t>(v)) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}

  std::string_view key;
  Value value;
};
using LogFields = std::initializer_list<LogField>;

class Logger {
 public:
  /// Where finished lines go, newline not included; called from many threads, one at a time.
  class Output {
   public:
    virtual ~Output() = default;
    virtual void Write(std::string_view line) = 0;
  };

  /// `module` is shown on every line: "<plugin name>-source".
  Logger(std::string module, LogLevel level, LogFormat format);
  Logger(std::string module, LogLevel level, LogFormat format, std::unique_ptr<Output> output);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  /// Shown on every later line; empty: left out.
  void SetInvocationId(std::string invocation_id);

  bool Enabled(LogLevel level) const { return level >= level_; }
  void Log(LogLevel level, std::string_view message, LogFields fields = {});

  void Debug(std::string_view message, LogFields fields = {}) {
    Log(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, LogFields fields = {}) {
    Log(LogLevel::kInfo, message, fields);
  }
  void Warn(std::string_view message, LogFields fields = {}) {
    Log(LogLevel::kWarn, message, fields);
  }
  void Error(std::string_view message, LogFields fields = {}) {
    Log(LogLevel::kError, message, fields);
  }

 private:
  struct State;
  const std::string module_;
  const LogLevel level_;
  const LogFormat format_;
  const std::unique_ptr<State> state_;
};

}  // namespace cloudquery
