// The plugin's log on standard output, one line an entry. Thread-safe.
//
// A message is a fixed lower-case phrase; what varies goes into its fields.
//
// The JSON format is for the CLI: one object a line, levels by their exact names, no time because
// the CLI adds its own, at most 4,095 bytes a line (plugin-pb-go, managedplugin/log_reader.go). The
// text format is for people who start `serve` themselves; its lines begin with the local time. Both
// hold messages and fields as base::SafeForTerminal gives them, since the CLI shows them on
// terminals.
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

/// Max size of a line with its newline. The CLI does not parse longer lines and loses their level.
inline constexpr size_t kMaxLogLineBytes = 4095;

/// kConfig: not one of trace, debug, info, warn, error.
[[nodiscard]] arrow::Result<LogLevel> ParseLogLevel(std::string_view name);

/// A key and a value beside the message.
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
  /// Where finished lines go, without a newline. Called from many threads, one at a time.
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

  /// Shown on every later JSON line, unless it is empty.
  void SetInvocationId(const std::string& invocation_id);

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
