#include "formats/parquet/row_group_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow/util/byte_size.h"
#include "base/error.h"
#include "formats/parquet/dictionary_columns.h"
#include "formats/parquet/failed_column.h"
#include "formats/parquet/file_contents.h"
#include "formats/parquet/page_pool.h"
#include "formats/parquet/parquet_errors.h"
#include "formats/parquet/plain_types.h"
#include "formats/parquet/readable_schema.h"
#include "parquet/arrow/reader.h"
#include "parquet/file_reader.h"
#include "parquet/metadata.h"
#include "parquet/properties.h"
#include "parquet/schema.h"

namespace formats {
namespace {

// Some writers state too small an uncompressed size, so the limit for a page is lenient below what
// no machine minds.
constexpr int64_t kAlwaysAllowedPageBytes = int64_t{64} << 20;

// Arrow allocates in multiples of this.
constexpr int64_t kRoundingBytes = 64;

// A batch may have this many times the rows of the one before: sizes vary along a file, and a batch
// that is too large costs more than one that is too small.
constexpr int64_t kBatchGrowth = 4;

// Repetitive columns of a batch may get this many times as large as a batch should be.
constexpr int64_t kMaxExpansion = 2;

// A batch that does not fit into memory is read again with so many times fewer rows.
constexpr int64_t kBatchShrinking = 16;

class BatchReader : public arrow::RecordBatchReader {
 public:
  BatchReader(RowGroupSource source, int64_t first_batch_rows, const ReadOptions& options)
      : source_(std::move(source)),
        options_(options),
        max_rows_(options.max_batch_rows),
        batch_rows_(std::clamp<int64_t>(first_batch_rows, 1, max_rows_)),
        page_pool_(options.pool,
                   std::max(source_.largest_chunk_bytes, kAlwaysAllowedPageBytes) + kRoundingBytes,
                   options.page_memory_bytes) {}
  ~BatchReader() override { Release(); }

  std::shared_ptr<arrow::Schema> schema() const override { return source_.schema; }

  arrow::Status Open() {
    if (source_.rows == 0) return arrow::Status::OK();
    return Classify(Guarded([this] { return OpenDecoder(); }));
  }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    out->reset();
    ARROW_RETURN_NOT_OK(failure_);
    if (rows_read_ == source_.rows) return arrow::Status::OK();
    if (options_.stop.stop_requested()) return base::Cancelled();
    arrow::Status status = Guarded([&] { return ReadBatch(out); });
    while (status.IsOutOfMemory() && batch_rows_ > 1 && !options_.stop.stop_requested()) {
      status = Guarded([&] { return ReadSmallerBatch(out); });
    }
    failure_ = Classify(status);
    if (!failure_.ok()) out->reset();
    if (!failure_.ok() || rows_read_ == source_.rows) Release();
    return failure_;
  }

  arrow::Status Close() override {
    if (failure_.ok()) failure_ = arrow::Status::Invalid("the reader is closed");
    Release();
    return arrow::Status::OK();
  }

 private:
  arrow::Status OpenDecoder();
  void ChooseRepetitive();
  bool HasSchema(const arrow::Schema& decoded) const;
  arrow::Status ReadBatch(std::shared_ptr<arrow::RecordBatch>* out);
  arrow::Status Decode();
  int64_t RowsToExpand() const;
  arrow::Status ReadSmallerBatch(std::shared_ptr<arrow::RecordBatch>* out);
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Plain(const arrow::RecordBatch& batch) const;
  void FollowSize(const arrow::RecordBatch& batch);

  arrow::Status Classify(const arrow::Status& status);

  // Of a column, where each column is one leaf.
  int LeafOf(int column) const { return source_.leaves[static_cast<size_t>(column)]; }

  ContentsContext Contents() { return {source_, options_, page_pool_, failed_leaf_}; }

  void Release() {
    decoded_.reset();
    batches_.reset();
    decoder_.reset();
    source_.file.reset();
  }

  RowGroupSource source_;
  const ReadOptions options_;
  int64_t max_rows_;
  int64_t batch_rows_;
  PagePool page_pool_;
  std::unique_ptr<parquet::arrow::FileReader> decoder_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  // The columns that are decoded by way of their dictionaries.
  std::vector<int> repetitive_;
  // What is left of the batch that was decoded last, not expanded yet; null when nothing is.
  std::shared_ptr<arrow::RecordBatch> decoded_;
  int64_t rows_read_ = 0;
  // The column that failed, where it is known.
  std::optional<int> failed_leaf_;
  arrow::Status failure_;
};

arrow::Status BatchReader::OpenDecoder() {
  ChooseRepetitive();
  parquet::ArrowReaderProperties properties = DecodingProperties();
  for (const int column : repetitive_) properties.set_read_dictionary(LeafOf(column), true);
  properties.set_batch_size(batch_rows_);
  ARROW_ASSIGN_OR_RAISE(decoder_, parquet::arrow::FileReader::Make(
                                      options_.pool, OpenContents(Contents()), properties));
  ARROW_ASSIGN_OR_RAISE(
      batches_, decoder_->GetRecordBatchReader({source_.index},
                                               {source_.leaves.begin(), source_.leaves.end()}));
  if (!HasSchema(*batches_->schema())) {
    return arrow::Status::Invalid("its columns are not those of the schema");
  }
  return arrow::Status::OK();
}

void BatchReader::ChooseRepetitive() {
  repetitive_.clear();
  // With columns that have parts, leaves and columns would have to be told apart.
  if (source_.schema->num_fields() != static_cast<int>(source_.leaves.size())) return;
  const auto group = source_.metadata->RowGroup(source_.index);
  for (int i = 0; i < source_.schema->num_fields(); ++i) {
    const arrow::Type::type type = source_.schema->field(i)->type()->id();
    if ((type == arrow::Type::STRING || type == arrow::Type::BINARY) &&
        IsRepetitive(*group->ColumnChunk(LeafOf(i)), *group->schema()->Column(LeafOf(i)))) {
      repetitive_.push_back(i);
    }
  }
}

bool BatchReader::HasSchema(const arrow::Schema& decoded) const {
  arrow::FieldVector expected = source_.decoded_schema->fields();
  for (const int column : repetitive_) {
    auto& field = expected[static_cast<size_t>(column)];
    field = field->WithType(DictionaryOf(field->type()));
  }
  return decoded.Equals(arrow::Schema(std::move(expected)), /*check_metadata=*/false);
}

arrow::Status BatchReader::ReadBatch(std::shared_ptr<arrow::RecordBatch>* out) {
  if (decoded_ == nullptr) ARROW_RETURN_NOT_OK(Decode());
  const int64_t rows = RowsToExpand();
  ARROW_ASSIGN_OR_RAISE(*out, Plain(*decoded_->Slice(0, rows)));
  ARROW_RETURN_NOT_OK((*out)->Validate());
  decoded_ = rows < decoded_->num_rows() ? decoded_->Slice(rows) : nullptr;
  FollowSize(**out);
  rows_read_ += (*out)->num_rows();
  return arrow::Status::OK();
}

// The rows that failed come right after those that were read, so they are looked for among as many
// more as a batch has.
arrow::Status BatchReader::Classify(const arrow::Status& status) {
  const bool is_decoding =
      !status.ok() && !status.IsOutOfMemory() && base::KindOf(status) == base::ErrorKind::kOther;
  if (is_decoding && !failed_leaf_) {
    // Its pages would leave too little memory for those that are read now.
    decoded_.reset();
    batches_.reset();
    decoder_.reset();
    const int64_t rows = rows_read_ + std::min(batch_rows_, source_.rows - rows_read_);
    failed_leaf_ = FindFailedLeaf(Contents(), rows, batch_rows_);
  }
  return Classified(status, WhereInFile(*source_.metadata, source_.row_group, failed_leaf_));
}

arrow::Status BatchReader::Decode() {
  ARROW_RETURN_NOT_OK(batches_->ReadNext(&decoded_));
  if (decoded_ == nullptr || decoded_->num_rows() == 0 ||
      decoded_->num_rows() > source_.rows - rows_read_) {
    return arrow::Status::Invalid("columns of unequal length, there are not ", source_.rows,
                                  " rows as the footer says");
  }
  return arrow::Status::OK();
}

// As many rows of decoded_ as can be expanded without knowing how often the longest values occur.
int64_t BatchReader::RowsToExpand() const {
  int64_t longest_bytes = 0;
  for (const int column : repetitive_) {
    longest_bytes += LongestValueBytes(*decoded_->column_data(column));
  }
  const int64_t fitting =
      kMaxExpansion * options_.batch_bytes / std::max<int64_t>(longest_bytes, 1);
  return std::clamp<int64_t>(fitting, 1, decoded_->num_rows());
}

// A decoder that ran out of memory stands somewhere amid the rows, so another one begins anew.
arrow::Status BatchReader::ReadSmallerBatch(std::shared_ptr<arrow::RecordBatch>* out) {
  out->reset();
  decoded_.reset();
  batches_.reset();
  decoder_.reset();
  max_rows_ = batch_rows_ = std::max<int64_t>(1, batch_rows_ / kBatchShrinking);
  ARROW_RETURN_NOT_OK(OpenDecoder());
  for (int64_t skipped = 0; skipped < rows_read_;) {
    decoder_->set_batch_size(std::min(batch_rows_, rows_read_ - skipped));
    if (options_.stop.stop_requested()) return base::Cancelled();
    ARROW_ASSIGN_OR_RAISE(const auto batch, batches_->Next());
    if (batch == nullptr) return arrow::Status::Invalid("rows that were there are gone");
    skipped += batch->num_rows();
  }
  decoder_->set_batch_size(batch_rows_);
  return ReadBatch(out);
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> BatchReader::Plain(
    const arrow::RecordBatch& batch) const {
  arrow::ArrayDataVector columns = batch.column_data();
  for (const int column : repetitive_) {
    auto& data = columns[static_cast<size_t>(column)];
    auto expanded = Expand(*data, options_.pool);
    if (!expanded.ok()) {
      // The same kind, naming the column; repetitive columns are leaves.
      return base::MakeError(base::InfoOf(expanded.status()),
                             WhereInFile(*source_.metadata, source_.row_group, LeafOf(column)) +
                                 ": " + base::MessageOf(expanded.status()));
    }
    data = *std::move(expanded);
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto& field = source_.schema->field(static_cast<int>(i));
    columns[i] = WithType(columns[i], field->type());
    if (source_.schema != source_.decoded_schema) {
      ARROW_RETURN_NOT_OK(CheckMapKeys(*columns[i], field->name()));
    }
  }
  return arrow::RecordBatch::Make(source_.schema, batch.num_rows(), std::move(columns));
}

void BatchReader::FollowSize(const arrow::RecordBatch& batch) {
  const auto bytes = static_cast<double>(arrow::util::TotalBufferSize(batch));
  const double fitting =
      static_cast<double>(batch.num_rows()) * static_cast<double>(options_.batch_bytes) / bytes;
  const int64_t most =
      batch_rows_ > max_rows_ / kBatchGrowth ? max_rows_ : batch_rows_ * kBatchGrowth;
  batch_rows_ = static_cast<int64_t>(std::clamp(fitting, 1.0, static_cast<double>(most)));
  decoder_->set_batch_size(batch_rows_);
}

}  // namespace

parquet::ArrowReaderProperties DecodingProperties() {
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);
  properties.set_arrow_extensions_enabled(true);
  return properties;
}

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenRowGroup(RowGroupSource source,
                                                                      int64_t first_batch_rows,
                                                                      const ReadOptions& options) {
  if (options.max_batch_rows < 1 || options.batch_bytes < 1 || options.window_bytes < 0) {
    return arrow::Status::Invalid("read options out of range");
  }
  auto reader = std::make_shared<BatchReader>(std::move(source), first_batch_rows, options);
  ARROW_RETURN_NOT_OK(reader->Open());
  return reader;
}

}  // namespace formats
