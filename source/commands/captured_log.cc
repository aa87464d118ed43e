#include "source/commands/captured_log.h"

#include <utility>

namespace source {

class CapturedLog::Output final : public cloudquery::Logger::Output {
 public:
  explicit Output(std::shared_ptr<State> state) : state_(std::move(state)) {}

  void Write(std::string_view line) override {
    LogNote note = LogNote::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!note.is_object()) return;
    note.erase("module");
    const std::lock_guard lock(state_->mutex);
    if (state_->notes.size() < kMaxNotes) {
      state_->notes.push_back(std::move(note));
    } else {
      ++state_->dropped;
    }
  }

 private:
  const std::shared_ptr<State> state_;
};

CapturedLog::CapturedLog()
    : logger_(std::make_unique<cloudquery::Logger>("preview", cloudquery::LogLevel::kWarn,
                                                   cloudquery::LogFormat::kJson,
                                                   std::make_unique<Output>(state_))) {}

std::vector<LogNote> CapturedLog::notes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->notes;
}

size_t CapturedLog::dropped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

std::string NoteText(const LogNote& note) {
  std::string fields;
  for (const auto& [name, value] : note.items()) {
    if (name == "level" || name == "message") continue;
    fields += (fields.empty() ? " (" : ", ") + name + ": " +
              (value.is_string() ? value.get<std::string>() : value.dump());
  }
  const auto message = note.find("message");
  const std::string text =
      message != note.end() && message->is_string() ? message->get<std::string>() : "";
  return text + fields + (fields.empty() ? "" : ")");
}

}  // namespace source
