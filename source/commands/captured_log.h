// The log of a sync as values, for those who show it in their own way.
#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cloudquery/log.h"

namespace source {

/// A line of the log: `level`, `message`, and its fields in their order.
using LogNote = nlohmann::ordered_json;

/// Keeps warnings and errors, up to a number of them. Thread-safe.
class CapturedLog {
 public:
  static constexpr size_t kMaxNotes = 1000;

  CapturedLog();

  cloudquery::Logger& logger() { return *logger_; }
  /// Those that were kept, in the order in which they came.
  std::vector<LogNote> notes() const;
  /// How many came in addition.
  size_t dropped() const;

 private:
  class Output;
  struct State {
    mutable std::mutex mutex;
    std::vector<LogNote> notes;  // guarded by mutex
    size_t dropped = 0;          // guarded by mutex
  };

  const std::shared_ptr<State> state_ = std::make_shared<State>();
  std::unique_ptr<cloudquery::Logger> logger_;
};

/// A note on one line: its message, then its fields in parentheses.
std::string NoteText(const LogNote& note);

}  // namespace source
