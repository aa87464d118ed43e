#include "cloudquery/ipc/record_encoder.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "arrow/io/memory.h"
#include "arrow/ipc/writer.h"
#include "base/error.h"
#include "cloudquery/ipc/batch_body.h"

namespace cloudquery {
namespace {

// Parts of at least this size are shared instead of copied. Smaller parts are copied into one
// piece: a piece of its own costs gRPC and the kernel more than the copy, and it keeps the batch
// alive.
constexpr int64_t kMinSharedBytes = 256 * 1024;

// Continuation marker and a zero length (Arrow columnar format, "Encapsulated message format").
constexpr uint8_t kEndOfStream[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0};

arrow::Result<std::shared_ptr<arrow::Buffer>> SchemaMessage(
    const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto stream, EncodeSchema(schema));
  return arrow::SliceBuffer(stream, 0, stream->size() - static_cast<int64_t>(sizeof(kEndOfStream)));
}

bool IsShared(const BodyPart& part) {
  return part.kind == BodyPart::Kind::kBytes && part.bytes >= kMinSharedBytes;
}

int64_t SharedBytes(const BatchBody& body) {
  int64_t bytes = 0;
  for (const BodyPart& part : body.parts()) bytes += IsShared(part) ? part.bytes : 0;
  return bytes;
}

// Writes bytes one after the other, and cuts them into pieces around the shared parts.
class PieceWriter {
 public:
  explicit PieceWriter(std::shared_ptr<arrow::Buffer> memory) : memory_(std::move(memory)) {}

  /// Where the next bytes go.
  uint8_t* Advance(int64_t bytes) {
    uint8_t* out = memory_->mutable_data() + written_;
    written_ += bytes;
    return out;
  }
  void Write(const arrow::Buffer& bytes) {
    std::memcpy(Advance(bytes.size()), bytes.data(), static_cast<size_t>(bytes.size()));
  }
  void Write(const BodyPart& part) {
    if (!IsShared(part)) return part.WriteTo(Advance(part.padded_bytes()));
    Cut();
    pieces_.push_back(arrow::SliceBuffer(*part.source, part.start, part.bytes));
    const int64_t padding = part.padded_bytes() - part.bytes;
    std::memset(Advance(padding), 0, static_cast<size_t>(padding));
  }
  arrow::BufferVector Finish() {
    Cut();
    return std::move(pieces_);
  }

 private:
  void Cut() {
    if (written_ == cut_) return;
    pieces_.push_back(arrow::SliceBuffer(memory_, cut_, written_ - cut_));
    cut_ = written_;
  }

  std::shared_ptr<arrow::Buffer> memory_;
  int64_t written_ = 0;
  int64_t cut_ = 0;
  arrow::BufferVector pieces_;
};

}  // namespace

// Encodes one batch.
class RecordEncoder::Run {
 public:
  Run(const RecordEncoder& encoder, const arrow::RecordBatch& batch, const RecordLimits& limits,
      const std::function<arrow::Status(EncodedRecord)>& emit)
      : encoder_(encoder), batch_(batch), limits_(limits), emit_(emit), memory_(*encoder.memory_) {}

  arrow::Status EncodeRows(int64_t first_row, int64_t rows) {
    body_.Lay(batch_, first_row, rows);
    const int64_t size_bytes = encoder_.schema_message_->size() + body_.metadata_bytes() +
                               body_.body_bytes() + static_cast<int64_t>(sizeof(kEndOfStream));
    if (size_bytes <= (rows > 1 ? limits_.target_bytes : limits_.max_bytes)) {
      return Emit(rows, size_bytes);
    }
    if (rows == 1) {
      return base::MakeError(base::ErrorKind::kLimit,
                             "a single row takes " + std::to_string(size_bytes) +
                                 " bytes; a message of CloudQuery holds at most " +
                                 std::to_string(limits_.max_bytes));
    }
    const int64_t half = rows / 2;
    ARROW_RETURN_NOT_OK(EncodeRows(first_row, half));
    return EncodeRows(first_row + half, rows - half);
  }

 private:
  arrow::Status Emit(int64_t rows, int64_t size_bytes) {
    ARROW_ASSIGN_OR_RAISE(auto memory, memory_.Allocate(size_bytes - SharedBytes(body_)));
    PieceWriter writer(std::move(memory));
    writer.Write(*encoder_.schema_message_);
    body_.WriteMetadata(writer.Advance(body_.metadata_bytes()));
    for (const BodyPart& part : body_.parts()) writer.Write(part);
    std::memcpy(writer.Advance(sizeof(kEndOfStream)), kEndOfStream, sizeof(kEndOfStream));
    return emit_({.pieces = writer.Finish(), .size_bytes = size_bytes, .rows = rows});
  }

  const RecordEncoder& encoder_;
  const arrow::RecordBatch& batch_;
  const RecordLimits& limits_;
  const std::function<arrow::Status(EncodedRecord)>& emit_;
  RecordMemory memory_;
  BatchBody body_;
};

arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeSchema(
    const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto out, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeStreamWriter(out, schema));
  ARROW_RETURN_NOT_OK(writer->Close());
  return out->Finish();
}

arrow::Result<RecordEncoder> RecordEncoder::Make(const std::shared_ptr<arrow::Schema>& schema,
                                                 std::shared_ptr<ChunkPool> memory) {
  for (const auto& field : schema->fields()) {
    ARROW_RETURN_NOT_OK(BatchBody::Check(*field->type()));
  }
  RecordEncoder encoder;
  ARROW_ASSIGN_OR_RAISE(encoder.schema_message_, SchemaMessage(schema));
  encoder.memory_ = std::move(memory);
  return encoder;
}

arrow::Status RecordEncoder::Encode(const arrow::RecordBatch& batch, const RecordLimits& limits,
                                    const std::function<arrow::Status(EncodedRecord)>& emit) const {
  Run run(*this, batch, limits, emit);
  for (int64_t row = 0; row < batch.num_rows(); row += limits.max_rows) {
    ARROW_RETURN_NOT_OK(run.EncodeRows(row, std::min(limits.max_rows, batch.num_rows() - row)));
  }
  return arrow::Status::OK();
}

}  // namespace cloudquery
