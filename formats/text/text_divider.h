// Divides a text into blocks of whole records while it reads it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "arrow/buffer.h"
#include "arrow/result.h"
#include "formats/csv/csv_records.h"
#include "formats/format.h"
#include "formats/text/byte_source.h"

namespace formats {

/// Whole records, followed by kTextPadding bytes.
struct TextBlock {
  std::shared_ptr<arrow::Buffer> text;
  int64_t bytes = 0;
  /// Position of the first record, from 0, and its line, from 1.
  int64_t first_row = 0;
  int64_t first_line = 1;
  int64_t rows = 0;

  char* data() const { return reinterpret_cast<char*>(text->mutable_data()); }
};

/// Finds out how much of a text are whole records. May keep in mind what came before; may change
/// the bytes of these records.
using FindRecords = std::function<arrow::Result<CsvExtent>(char* text, size_t size, bool is_end)>;

/// Not thread-safe.
class TextBlocks {
 public:
  /// Blocks are of `block_bytes`, or longer where a record is. kLimit: a record is longer than
  /// `max_record_bytes`.
  TextBlocks(std::unique_ptr<ByteSource> text, FindRecords find, int64_t skipped_lines,
             int64_t block_bytes, int64_t max_record_bytes)
      : source_(std::move(text)),
        find_(std::move(find)),
        line_(skipped_lines + 1),
        block_bytes_(block_bytes),
        max_record_bytes_(max_record_bytes) {}

  /// Without rows at the end.
  [[nodiscard]] arrow::Result<TextBlock> Next();

 private:
  arrow::Status Grow(int64_t bytes);
  arrow::Status Fill();
  arrow::Result<TextBlock> Cut(const CsvExtent& extent);

  std::unique_ptr<ByteSource> source_;
  FindRecords find_;
  int64_t row_ = 0;
  int64_t line_;
  int64_t block_bytes_;
  int64_t max_record_bytes_;
  std::shared_ptr<arrow::ResizableBuffer> buffer_;
  int64_t held_ = 0;
  bool is_end_ = false;
};

using MakeBlockReader = std::function<std::unique_ptr<RowReader>(TextBlock block)>;

std::unique_ptr<TaskDivider> DivideText(TextBlocks blocks, MakeBlockReader make_reader);

}  // namespace formats
