#include "formats/jsonl/json_block_reader.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "formats/jsonl/json_records.h"
#include "formats/jsonl/json_rows.h"

namespace formats {
namespace {

class JsonBlockReader final : public RowReader {
 public:
  JsonBlockReader(std::shared_ptr<const JsonTable> table, TextBlock block, arrow::MemoryPool* pool)
      : table_(std::move(table)), block_(std::move(block)), pool_(pool) {}

  arrow::Result<RowBatch> Next() override {
    if (built_.rows == nullptr) ARROW_RETURN_NOT_OK(ReadAll());
    while (next_ < block_.rows && is_malformed_[static_cast<size_t>(next_)]) ++next_;
    if (next_ == block_.rows) return RowBatch{.skipped = std::exchange(skipped_, {})};
    int64_t end = next_;
    while (end < block_.rows && !is_malformed_[static_cast<size_t>(end)]) ++end;
    return Slice(std::exchange(next_, end), end);
  }

 private:
  arrow::Status ReadAll() {
    ARROW_ASSIGN_OR_RAISE(const auto rows, JsonRows::Make(table_->schema, table_->flatten, pool_));
    const char* const text = block_.data();
    const auto size = static_cast<size_t>(block_.bytes);
    for (size_t at = 0; at < size;) {
      const void* found = std::memchr(text + at, '\n', size - at);
      const size_t end =
          found == nullptr ? size : static_cast<size_t>(static_cast<const char*>(found) - text);
      const std::string_view line(text + at, end - at);
      if (!IsBlank(line)) {
        begins_.push_back(at);
        ARROW_ASSIGN_OR_RAISE(const JsonFault fault, rows->Add(line));
        is_malformed_.push_back(static_cast<bool>(fault));
        if (fault) ARROW_RETURN_NOT_OK(OnMalformed(fault));
      }
      at = end + 1;
    }
    if (static_cast<int64_t>(begins_.size()) != block_.rows) {
      return arrow::Status::UnknownError("a block of JSON has ", begins_.size(), " rows where ",
                                         block_.rows, " were counted");
    }
    return rows->Finish().Value(&built_);
  }

  arrow::Status OnMalformed(const JsonFault& fault) {
    const auto row = static_cast<int64_t>(begins_.size()) - 1;
    if (table_->on_malformed_row == MalformedRow::kSkip) {
      skipped_.Add(table_->is_array ? block_.first_row + row + 1 : LineOf(row));
      return arrow::Status::OK();
    }
    return base::MakeError(
        base::ErrorKind::kCorrupt,
        PlaceOf(row) + ": " + fault.text + ". Correct the object, or set on_malformed_row: skip");
  }

  RowBatch Slice(int64_t begin, int64_t end) const {
    RowBatch batch{.rows = built_.rows, .first_row = block_.first_row};
    batch.misfits = built_.misfits;
    batch.place_of = [this](int64_t row) { return PlaceOf(row); };
    batch = WithoutFirst(begin, std::move(batch));
    const int64_t rows = end - begin;
    batch.rows = batch.rows->Slice(0, rows);
    for (Misfits& misfits : batch.misfits) {
      const auto last = std::ranges::lower_bound(misfits.rows, rows);
      misfits.rows.erase(last, misfits.rows.end());
      misfits.values = misfits.values->Slice(0, static_cast<int64_t>(misfits.rows.size()));
    }
    std::erase_if(batch.misfits, [](const Misfits& misfits) { return misfits.rows.empty(); });
    return batch;
  }

  std::string PlaceOf(int64_t row) const {
    if (table_->is_array) return "item " + std::to_string(block_.first_row + row + 1);
    return "line " + std::to_string(LineOf(row));
  }

  int64_t LineOf(int64_t row) const {
    const char* const text = block_.data();
    return block_.first_line + std::count(text, text + begins_[static_cast<size_t>(row)], '\n');
  }

  const std::shared_ptr<const JsonTable> table_;
  const TextBlock block_;
  arrow::MemoryPool* const pool_;
  JsonRows::Built built_;
  // Of each row.
  std::vector<size_t> begins_;
  std::vector<bool> is_malformed_;
  int64_t next_ = 0;
  SkippedRows skipped_;
};

}  // namespace

std::unique_ptr<RowReader> ReadJsonBlock(std::shared_ptr<const JsonTable> table, TextBlock block,
                                         arrow::MemoryPool* pool) {
  return std::make_unique<JsonBlockReader>(std::move(table), std::move(block), pool);
}

}  // namespace formats
