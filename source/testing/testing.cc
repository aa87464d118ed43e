#include "source/testing/testing.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "arrow/array.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/io/memory.h"
#include "arrow/util/logging.h"
#include "parquet/arrow/writer.h"

namespace source {

struct CapturedLog::Lines {
  std::mutex mutex;
  std::vector<std::string> lines;  // guarded by mutex
};

class CapturedLog::Output : public cloudquery::Logger::Output {
 public:
  explicit Output(std::shared_ptr<Lines> lines) : lines_(std::move(lines)) {}
  void Write(std::string_view line) override {
    const std::lock_guard lock(lines_->mutex);
    lines_->lines.emplace_back(line);
  }

 private:
  std::shared_ptr<Lines> lines_;
};

CapturedLog::CapturedLog()
    : lines_(std::make_shared<Lines>()),
      logger_(std::make_unique<cloudquery::Logger>("test", cloudquery::LogLevel::kTrace,
                                                   cloudquery::LogFormat::kJson,
                                                   std::make_unique<Output>(lines_))) {}

std::vector<std::string> CapturedLog::Messages(std::string_view level) const {
  std::vector<std::string> messages;
  const std::lock_guard lock(lines_->mutex);
  for (const std::string& line : lines_->lines) {
    const auto parsed = nlohmann::json::parse(line);
    if (parsed["level"] == level) messages.push_back(parsed["message"]);
  }
  return messages;
}

arrow::Status RecordingSink::Migrate(const cloudquery::Table& table) {
  const std::lock_guard lock(mutex_);
  tables_.push_back(table);
  return arrow::Status::OK();
}

arrow::Status RecordingSink::Insert(std::string_view table, const arrow::RecordBatch& rows,
                                    int64_t) {
  {
    const std::lock_guard lock(mutex_);
    batches_[std::string(table)].push_back(rows.Slice(0));
  }
  if (on_insert_) on_insert_();
  return arrow::Status::OK();
}

arrow::Status RecordingSink::MigrateAgain(std::string_view table) {
  const std::lock_guard lock(mutex_);
  stored_[std::string(table)] = batches_[std::string(table)].size();
  return arrow::Status::OK();
}

bool RecordingSink::Has(std::string_view table) const {
  const auto names = tables();
  return std::ranges::find(names, table) != names.end();
}

std::vector<uint64_t> RecordingSink::Versions(const std::string& table,
                                              std::string_view key) const {
  const std::lock_guard lock(mutex_);
  std::vector<uint64_t> versions;
  const auto stored = stored_.find(table);
  if (stored == stored_.end()) return versions;
  const auto& batches = batches_.at(table);
  for (size_t i = 0; i < stored->second; ++i) {
    const auto& keys = static_cast<const arrow::StringArray&>(*batches[i]->column(0));
    const auto& numbers = static_cast<const arrow::UInt64Array&>(*batches[i]->column(2));
    for (int64_t row = 0; row < keys.length(); ++row) {
      if (keys.GetView(row) == key) versions.push_back(numbers.Value(row));
    }
  }
  return versions;
}

arrow::Status RecordingSink::Error(std::string_view table, std::string_view message) {
  const std::lock_guard lock(mutex_);
  errors_.push_back(std::string(table) + ": " + std::string(message));
  return arrow::Status::OK();
}

std::vector<std::string> RecordingSink::tables() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& table : tables_) names.push_back(table.name);
  return names;
}

std::vector<std::string> RecordingSink::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

int64_t RecordingSink::rows(const std::string& table) const {
  const auto read = Read(table);
  return read == nullptr ? 0 : read->num_rows();
}

std::multiset<int64_t> RecordingSink::Numbers(const std::string& table) const {
  std::multiset<int64_t> numbers;
  const auto rows = Read(table);
  if (rows == nullptr) return numbers;
  for (const auto& chunk : rows->GetColumnByName("n")->chunks()) {
    const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
    for (int64_t i = 0; i < values.length(); ++i) numbers.insert(values.Value(i));
  }
  return numbers;
}

std::shared_ptr<arrow::Table> RecordingSink::Read(const std::string& table) const {
  const std::lock_guard lock(mutex_);
  const auto batches = batches_.find(table);
  if (batches == batches_.end()) return nullptr;
  return arrow::Table::FromRecordBatches(batches->second).ValueOrDie();
}

// As a real one: what was set and not flushed is lost with it.
class MemoryState::Store final : public cloudquery::StateStore {
 public:
  explicit Store(MemoryState& state) : state_(state), values_(state.values) {}
  std::string Get(std::string_view key) const override {
    const auto found = values_.find(key);
    return found == values_.end() ? "" : found->second;
  }
  std::vector<std::string> KeysWithPrefix(std::string_view prefix) const override {
    std::vector<std::string> keys;
    for (auto entry = values_.lower_bound(prefix);
         entry != values_.end() && entry->first.starts_with(prefix); ++entry) {
      if (!entry->second.empty()) keys.push_back(entry->first);
    }
    return keys;
  }
  void Set(std::string_view key, std::string value) override {
    if (Get(key) == value) return;
    set_.insert_or_assign(std::string(key), value);
    values_.insert_or_assign(std::string(key), std::move(value));
  }
  arrow::Status Flush(std::stop_token) override {
    if (set_.empty()) return arrow::Status::OK();
    if (state_.on_flush) ARROW_RETURN_NOT_OK(state_.on_flush());
    for (auto& [key, value] : set_) state_.values.insert_or_assign(key, std::move(value));
    set_.clear();
    ++state_.flushes;
    return arrow::Status::OK();
  }
  arrow::Status Reload(std::stop_token) override {
    values_ = state_.values;
    set_.clear();
    return arrow::Status::OK();
  }
  arrow::Result<std::vector<uint64_t>> VersionsIn(const std::string& table, std::string_view key,
                                                  std::stop_token) override {
    if (state_.destination == nullptr || !state_.destination->Has(table)) {
      return arrow::Status::KeyError("no such table");
    }
    return state_.destination->Versions(table, key);
  }

 private:
  MemoryState& state_;
  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> set_;
};

std::unique_ptr<cloudquery::StateStore> MemoryState::Open() {
  return std::make_unique<Store>(*this);
}

std::string ParquetOf(int64_t first, int64_t rows, int64_t rows_per_group) {
  arrow::Int64Builder numbers;
  arrow::StringBuilder texts;
  for (int64_t i = first; i < first + rows; ++i) {
    ARROW_CHECK_OK(numbers.Append(i));
    ARROW_CHECK_OK(texts.Append("row " + std::to_string(i)));
  }
  const auto schema =
      arrow::schema({arrow::field("n", arrow::int64()), arrow::field("s", arrow::utf8())});
  return ParquetOf(*arrow::Table::Make(schema, {*numbers.Finish(), *texts.Finish()}),
                   rows_per_group);
}

std::string ParquetOf(const arrow::Table& table, int64_t rows_per_group) {
  auto out = arrow::io::BufferOutputStream::Create().ValueOrDie();
  ARROW_CHECK_OK(
      parquet::arrow::WriteTable(table, arrow::default_memory_pool(), out, rows_per_group));
  return out->Finish().ValueOrDie()->ToString();
}

}  // namespace source
