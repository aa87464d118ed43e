#include "formats/parquet/parquet_format.h"

#include <algorithm>
#include <atomic>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "formats/parquet/parquet_file.h"

namespace formats {
namespace {

using arrow::io::ReadRange;

constexpr std::string_view kEnding = ".parquet";

// Decompressed pages that a decoder holds: about one a column, of about this size.
constexpr int64_t kPageBytes = int64_t{1} << 20;
// What is decompressed at a time of an object that is read without its footer, for each of its
// bytes.
constexpr int64_t kPageBytesPerByte = 8;
// A footer above this share of a small object is not fetched a second time with it.
constexpr int64_t kLargeFooterShare = 8;
// Enough for the footers of objects with some dozens of columns and a few row groups.
constexpr int64_t kFirstTailBytes = 16 * 1024;
// Footers of one table differ by a few digits of their statistics.
constexpr int64_t kSlackBytes = 512;

class RowGroupRows final : public RowReader {
 public:
  RowGroupRows(std::shared_ptr<arrow::RecordBatchReader> batches, int64_t first_row)
      : batches_(std::move(batches)), next_row_(first_row) {}

  arrow::Result<RowBatch> Next() override {
    RowBatch batch{.first_row = next_row_};
    ARROW_ASSIGN_OR_RAISE(batch.rows, batches_->Next());
    if (batch.rows != nullptr) next_row_ += batch.rows->num_rows();
    return batch;
  }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> batches_;
  int64_t next_row_;
};

class ParquetLayout final : public ObjectLayout {
 public:
  explicit ParquetLayout(std::shared_ptr<const ParquetFile> file) : file_(std::move(file)) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return file_->schema(); }
  const std::vector<std::string>& warnings() const override { return file_->warnings(); }
  int64_t memory_bytes() const override { return file_->memory_bytes(); }
  int tasks() const override { return file_->row_groups(); }

  ScanTask task(int index) const override {
    const RowGroupInfo& group = file_->row_group(index);
    return {.ranges = file_->Ranges(index),
            .stored_bytes = group.compressed_bytes,
            .decode_bytes = PageMemory(index),
            .streams = file_->read_columns(),
            .rows = group.rows};
  }

  ScanTask all_tasks() const override {
    ScanTask all{.ranges = RangesOfAll(), .streams = file_->read_columns(), .rows = file_->rows()};
    for (int i = 0; i < tasks(); ++i) {
      all.stored_bytes += file_->row_group(i).compressed_bytes;
      all.decode_bytes = std::max(all.decode_bytes, PageMemory(i));
    }
    return all;
  }

  arrow::Result<std::unique_ptr<RowReader>> Open(int task,
                                                 std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                 const ScanOptions& options) const override {
    ARROW_ASSIGN_OR_RAISE(auto batches, file_->Read(task, std::move(file),
                                                    {.batch_bytes = options.batch_bytes,
                                                     .window_bytes = options.window_bytes,
                                                     .page_memory_bytes = options.memory_bytes,
                                                     .pool = options.pool,
                                                     .stop = options.stop}));
    return std::make_unique<RowGroupRows>(std::move(batches), file_->row_group(task).first_row);
  }

 private:
  int64_t PageMemory(int group) const {
    return std::min(file_->row_group(group).uncompressed_bytes, file_->read_columns() * kPageBytes);
  }

  std::vector<ReadRange> RangesOfAll() const {
    if (file_->read_columns() < file_->leaf_columns()) return file_->AllRanges();
    const int64_t object_bytes = file_->object_bytes(), footer_bytes = file_->footer_bytes();
    const bool large_footer = footer_bytes > object_bytes / kLargeFooterShare;
    return {{0, object_bytes - (large_footer ? footer_bytes : 0)}};
  }

  const std::shared_ptr<const ParquetFile> file_;
};

// A layout is a footer: one small read from the end of the object, and a second one only where the
// footer is longer than those before it.
class FooterFinder final : public LayoutFinder {
 public:
  void Want(const std::vector<std::string>& columns) override { columns_ = columns; }

  arrow::Result<FoundLayout> Find(std::string_view key, int64_t object_bytes, int64_t whole_bytes,
                                  const ReadBytes& read) override {
    // Where columns are left out, nothing more is read whole than the first read has anyway.
    const bool whole =
        object_bytes <= whole_bytes && (columns_.empty() || object_bytes <= kFirstTailBytes);
    const auto read_tail = [&](int64_t bytes) { return read({object_bytes - bytes, bytes}); };
    auto tail = std::make_shared<arrow::Buffer>(nullptr, 0);
    const int64_t first = whole ? object_bytes : std::min(object_bytes, tail_bytes_.load());
    if (first > 0) {
      ARROW_ASSIGN_OR_RAISE(tail, read_tail(first));
    }
    ARROW_ASSIGN_OR_RAISE(const int64_t bytes, FooterBytes(*tail, object_bytes));
    if (bytes > tail->size()) {
      ARROW_ASSIGN_OR_RAISE(tail, read_tail(bytes));
    }
    Learn(bytes);
    ARROW_ASSIGN_OR_RAISE(auto file, ParquetFile::Make(*tail, object_bytes, columns_));
    return FoundLayout{.layout = std::make_shared<ParquetLayout>(std::move(file)),
                       .content = whole ? std::move(tail) : nullptr};
  }

  int64_t DecodeBytes(int64_t object_bytes) const override {
    return object_bytes * kPageBytesPerByte;
  }

 private:
  void Learn(int64_t footer_bytes) {
    const int64_t wanted = footer_bytes + kSlackBytes;
    if (!learnt_.exchange(true)) {
      tail_bytes_ = wanted;
      return;
    }
    int64_t current = tail_bytes_;
    while (wanted > current && !tail_bytes_.compare_exchange_weak(current, wanted)) {
    }
  }

  std::vector<std::string> columns_;
  // How many bytes at the end of an object are worth asking for first.
  std::atomic<int64_t> tail_bytes_ = kFirstTailBytes;
  std::atomic<bool> learnt_ = false;
};

class Parquet final : public Format {
 public:
  std::string_view name() const override { return "parquet"; }
  std::string_view ending() const override { return kEnding; }
  bool Owns(std::string_view key) const override {
    return key.size() > kEnding.size() &&
           std::equal(kEnding.begin(), kEnding.end(),
                      key.end() - static_cast<std::ptrdiff_t>(kEnding.size()),
                      [](char expected, char c) { return expected == base::ToLowerAscii(c); });
  }
  std::unique_ptr<LayoutFinder> MakeLayoutFinder() const override {
    return std::make_unique<FooterFinder>();
  }
};

}  // namespace

std::shared_ptr<const Format> ParquetFormat() {
  static const auto format = std::make_shared<const Parquet>();
  return format;
}

}  // namespace formats
