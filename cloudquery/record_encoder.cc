#include "cloudquery/record_encoder.h"

#include <algorithm>
#include <string>

#include "arrow/buffer_builder.h"
#include "arrow/io/interfaces.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/writer.h"
#include "base/error.h"

namespace cloudquery {
namespace {

// Pieces below this are gathered by copying: for so few bytes a copy costs less than a piece of its
// own.
constexpr int64_t kCopyBelowBytes = 4096;

// Gathers what an IPC writer writes; takes large buffers by reference.
class PieceStream : public arrow::io::OutputStream {
 public:
  explicit PieceStream(int64_t scratch_bytes) : scratch_(scratch_bytes) {}

  arrow::Status Write(const void* data, int64_t nbytes) override {
    position_ += nbytes;
    return scratch_.Append(data, nbytes);
  }
  arrow::Status Write(const std::shared_ptr<arrow::Buffer>& data) override {
    if (data->size() < kCopyBelowBytes) return Write(data->data(), data->size());
    ARROW_RETURN_NOT_OK(FinishScratch());
    position_ += data->size();
    pieces_.push_back(data);
    return arrow::Status::OK();
  }
  arrow::Status Close() override { return FinishScratch(); }
  bool closed() const override { return false; }
  arrow::Result<int64_t> Tell() const override { return position_; }

  arrow::BufferVector TakePieces() { return std::move(pieces_); }

 private:
  class Scratch {
   public:
    explicit Scratch(int64_t first_bytes) : first_bytes_(first_bytes) {}
    arrow::Status Append(const void* data, int64_t nbytes) {
      if (builder_.capacity() == 0) ARROW_RETURN_NOT_OK(builder_.Reserve(first_bytes_));
      return builder_.Append(data, nbytes);
    }
    int64_t size() const { return builder_.length(); }
    arrow::Result<std::shared_ptr<arrow::Buffer>> Finish() {
      return builder_.Finish(/*shrink_to_fit=*/false);
    }

   private:
    int64_t first_bytes_;
    arrow::BufferBuilder builder_;
  };

  arrow::Status FinishScratch() {
    if (scratch_.size() == 0) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto piece, scratch_.Finish());
    pieces_.push_back(std::move(piece));
    return arrow::Status::OK();
  }

  int64_t position_ = 0;
  Scratch scratch_;
  arrow::BufferVector pieces_;
};

// Continuation marker and a zero length (Arrow columnar format, "Encapsulated message format").
constexpr uint8_t kEndOfStream[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0};

arrow::Result<std::shared_ptr<arrow::Buffer>> SchemaMessage(
    const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto stream, EncodeSchema(schema));
  return arrow::SliceBuffer(stream, 0, stream->size() - static_cast<int64_t>(sizeof(kEndOfStream)));
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeSchema(
    const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto out, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeStreamWriter(out, schema));
  ARROW_RETURN_NOT_OK(writer->Close());
  return out->Finish();
}

arrow::Result<RecordEncoder> RecordEncoder::Make(std::shared_ptr<arrow::Schema> schema) {
  RecordEncoder encoder;
  ARROW_ASSIGN_OR_RAISE(encoder.schema_message_, SchemaMessage(schema));
  encoder.end_of_stream_ = std::make_shared<arrow::Buffer>(kEndOfStream, sizeof(kEndOfStream));
  encoder.schema_ = std::move(schema);
  encoder.options_ = arrow::ipc::IpcWriteOptions::Defaults();
  encoder.options_.use_threads = false;
  return encoder;
}

arrow::Result<EncodedRecord> RecordEncoder::EncodeOne(const arrow::RecordBatch& batch) const {
  arrow::ipc::IpcPayload payload;
  ARROW_RETURN_NOT_OK(arrow::ipc::GetRecordBatchPayload(batch, options_, &payload));
  PieceStream stream(std::min<int64_t>(payload.body_length, int64_t{64} * 1024) + 4096);
  int32_t metadata_bytes = 0;
  ARROW_RETURN_NOT_OK(arrow::ipc::WriteIpcPayload(payload, options_, &stream, &metadata_bytes));
  ARROW_RETURN_NOT_OK(stream.Write(end_of_stream_));
  EncodedRecord record;
  ARROW_ASSIGN_OR_RAISE(const int64_t batch_bytes, stream.Tell());
  record.size_bytes = schema_message_->size() + batch_bytes;
  record.rows = batch.num_rows();
  ARROW_RETURN_NOT_OK(stream.Close());
  record.pieces = stream.TakePieces();
  record.pieces.insert(record.pieces.begin(), schema_message_);
  return record;
}

arrow::Status RecordEncoder::EncodeSlice(
    const arrow::RecordBatch& batch, const RecordLimits& limits,
    const std::function<arrow::Status(EncodedRecord)>& emit) const {
  ARROW_ASSIGN_OR_RAISE(EncodedRecord record, EncodeOne(batch));
  if (record.size_bytes <= (batch.num_rows() > 1 ? limits.target_bytes : limits.max_bytes)) {
    return emit(std::move(record));
  }
  if (batch.num_rows() == 1) {
    return base::MakeError(base::ErrorKind::kLimit,
                           "a single row takes " + std::to_string(record.size_bytes) +
                               " bytes; CloudQuery's messages hold at most " +
                               std::to_string(limits.max_bytes));
  }
  record = {};
  const int64_t half = batch.num_rows() / 2;
  ARROW_RETURN_NOT_OK(EncodeSlice(*batch.Slice(0, half), limits, emit));
  return EncodeSlice(*batch.Slice(half), limits, emit);
}

arrow::Status RecordEncoder::Encode(const arrow::RecordBatch& batch, const RecordLimits& limits,
                                    const std::function<arrow::Status(EncodedRecord)>& emit) const {
  for (int64_t row = 0; row < batch.num_rows(); row += limits.max_rows) {
    ARROW_RETURN_NOT_OK(EncodeSlice(*batch.Slice(row, limits.max_rows), limits, emit));
  }
  return arrow::Status::OK();
}

}  // namespace cloudquery
