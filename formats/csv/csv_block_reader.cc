#include "formats/csv/csv_block_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "formats/csv/csv_head.h"

namespace formats {
namespace {

class CsvBlockReader final : public RowReader {
 public:
  CsvBlockReader(std::shared_ptr<const CsvTable> table, TextBlock block, arrow::MemoryPool* pool)
      : table_(std::move(table)),
        block_(std::move(block)),
        pool_(pool),
        columns_(static_cast<size_t>(table_->schema->num_fields())),
        scanner_(block_.data(), static_cast<size_t>(block_.bytes), /*is_end=*/true,
                 table_->dialect) {}

  arrow::Result<RowBatch> Next() override {
    RowBatch batch{.first_row = block_.first_row + rows_};
    cells_.clear();
    rows_begin_.clear();
    while (at_ < static_cast<size_t>(block_.bytes)) {
      const size_t begin = at_;
      const size_t known = cells_.size();
      const CsvRecord record = scanner_.Scan(begin, &cells_);
      at_ = record.end;
      if (record.kind != CsvRecord::Kind::kRow) continue;
      ++rows_;
      if (record.fault == CsvFault::kNone && cells_.size() - known == columns_) {
        rows_begin_.push_back(begin);
        continue;
      }
      const size_t found = cells_.size() - known;
      cells_.resize(known);
      ARROW_RETURN_NOT_OK(OnMalformed(record, begin, found, &batch));
      if (!rows_begin_.empty()) break;
      batch.first_row = block_.first_row + rows_;
    }
    if (rows_begin_.empty()) return AtEnd(std::move(batch));
    ARROW_RETURN_NOT_OK(Build(&batch));
    return batch;
  }

 private:
  arrow::Status OnMalformed(const CsvRecord& record, size_t begin, size_t found, RowBatch* batch) {
    const int64_t line = LineOf(begin);
    if (table_->on_malformed_row == MalformedRow::kSkip && record.fault != CsvFault::kOpenQuote) {
      batch->skipped.Add(line);
      return arrow::Status::OK();
    }
    const std::string what = record.fault != CsvFault::kNone
                                 ? CsvFaultText(record.fault)
                                 : "the row has " + std::to_string(found) +
                                       " values where the header has " + std::to_string(columns_);
    return base::MakeError(base::ErrorKind::kCorrupt,
                           "line " + std::to_string(line) + ": " + what +
                               ". Correct the object, or set on_malformed_row: skip");
  }

  arrow::Result<RowBatch> AtEnd(RowBatch batch) const {
    // It was divided by the same rules.
    if (rows_ != block_.rows) {
      return arrow::Status::UnknownError("a block of CSV has ", rows_, " rows where ", block_.rows,
                                         " were counted");
    }
    return batch;
  }

  arrow::Status Build(RowBatch* batch) const {
    const auto rows = static_cast<int64_t>(rows_begin_.size());
    arrow::ArrayVector arrays;
    for (size_t i = 0; i < columns_; ++i) {
      const auto index = static_cast<int>(i);
      ARROW_ASSIGN_OR_RAISE(TextColumn column,
                            BuildColumn({.text = block_.data(),
                                         .first = cells_.data() + i,
                                         .stride = columns_,
                                         .rows = rows,
                                         .nulls = &table_->nulls},
                                        *table_->schema->field(index)->type(), pool_));
      arrays.push_back(std::move(column.values));
      if (column.misfits.rows.empty()) continue;
      column.misfits.column = index;
      batch->misfits.push_back(std::move(column.misfits));
    }
    batch->rows = arrow::RecordBatch::Make(table_->schema, rows, std::move(arrays));
    batch->place_of = [this](int64_t row) {
      return "line " + std::to_string(LineOf(rows_begin_[static_cast<size_t>(row)]));
    };
    return arrow::Status::OK();
  }

  int64_t LineOf(size_t offset) const {
    const char* const text = block_.data();
    return block_.first_line + std::count(text, text + offset, table_->dialect.line_end);
  }

  const std::shared_ptr<const CsvTable> table_;
  const TextBlock block_;
  arrow::MemoryPool* const pool_;
  const size_t columns_;
  CsvScanner scanner_;
  size_t at_ = 0;
  // Of the block, malformed ones too.
  int64_t rows_ = 0;
  std::vector<CsvCell> cells_;
  // Where the rows of the batch begin.
  std::vector<size_t> rows_begin_;
};

}  // namespace

std::unique_ptr<RowReader> ReadCsvBlock(std::shared_ptr<const CsvTable> table, TextBlock block,
                                        arrow::MemoryPool* pool) {
  return std::make_unique<CsvBlockReader>(std::move(table), std::move(block), pool);
}

}  // namespace formats
