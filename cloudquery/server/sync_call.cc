#include "cloudquery/server/sync_call.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/exceptions.h"
#include "cloudquery/server/outgoing.h"
#include "plugin.pb.h"

namespace cloudquery {
namespace {

namespace pb = ::cloudquery::plugin::v3;

// The tag and length of a length-delimited field in protobuf's wire format.
void AppendFieldHeader(int number, uint64_t length, std::string* out) {
  out->push_back(static_cast<char>(number << 3 | 2));
  for (; length >= 0x80; length >>= 7) out->push_back(static_cast<char>(length | 0x80));
  out->push_back(static_cast<char>(length));
}

// A slice that keeps `buffer` alive instead of copying it.
grpc::Slice ToSlice(const std::shared_ptr<arrow::Buffer>& buffer) {
  auto* holder = new std::shared_ptr<arrow::Buffer>(buffer);  // freed by gRPC through the callback
  return grpc::Slice(
      const_cast<uint8_t*>(buffer->data()), static_cast<size_t>(buffer->size()),
      [](void* held) { delete static_cast<std::shared_ptr<arrow::Buffer>*>(held); }, holder);
}

// Sync.Response{insert: MessageInsert{record}} around the pieces of the record, without copying
// them.
grpc::ByteBuffer InsertMessage(const EncodedRecord& record) {
  std::string inner, outer;
  AppendFieldHeader(pb::Sync::MessageInsert::kRecordFieldNumber,
                    static_cast<uint64_t>(record.size_bytes), &inner);
  AppendFieldHeader(pb::Sync::Response::kInsertFieldNumber,
                    inner.size() + static_cast<uint64_t>(record.size_bytes), &outer);
  std::vector<grpc::Slice> slices;
  slices.reserve(record.pieces.size() + 1);
  slices.emplace_back(outer + inner);
  for (const auto& piece : record.pieces) slices.push_back(ToSlice(piece));
  return grpc::ByteBuffer(slices.data(), slices.size());
}

arrow::Status NotAnnounced(std::string_view table) {
  return arrow::Status::Invalid("cannot send to table ", table,
                                ": the table was not announced by Migrate");
}

grpc::ByteBuffer ToByteBuffer(const pb::Sync::Response& response) {
  const grpc::Slice slice(response.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

SyncCall::SyncCall(bool with_error_messages, std::function<void()> source_done)
    : with_error_messages_(with_error_messages), source_done_(std::move(source_done)) {}

std::shared_ptr<SyncCall> SyncCall::Make(bool with_error_messages,
                                         std::function<void()> source_done) {
  auto call = std::shared_ptr<SyncCall>(
      new SyncCall(with_error_messages, std::move(source_done)));  // constructor is private
  call->self_ = call;
  return call;
}

void SyncCall::Run(Source& source, const SyncRequest& request) {
  const arrow::Status status =
      base::CatchExceptions([&] { return source.Sync(request, *this, stop_.get_token()); });
  source_done_();
  FinishWith(ToGrpcStatus(status, grpc::StatusCode::UNKNOWN));
}

arrow::Status SyncCall::Migrate(const Table& table) {
  const auto schema = ToArrowSchema(table);
  ARROW_ASSIGN_OR_RAISE(const auto encoded, EncodeSchema(schema));
  ARROW_ASSIGN_OR_RAISE(auto encoder, RecordEncoder::Make(schema, record_memory_));
  const std::shared_ptr<arrow::Buffer> bytes = encoded;
  {
    const std::unique_lock lock(tables_mutex_);
    tables_.insert_or_assign(table.name, Announced{bytes, std::move(encoder)});
  }
  return SendSchema(*bytes);
}

arrow::Status SyncCall::MigrateAgain(std::string_view table) {
  std::shared_ptr<arrow::Buffer> schema;
  {
    const std::shared_lock lock(tables_mutex_);
    const auto announced = tables_.find(table);
    if (announced == tables_.end()) return NotAnnounced(table);
    schema = announced->second.schema;
  }
  return SendSchema(*schema);
}

arrow::Status SyncCall::SendSchema(const arrow::Buffer& schema) {
  pb::Sync::Response response;
  response.mutable_migrate_table()->set_table(schema.data(), static_cast<size_t>(schema.size()));
  return Send({.bytes = ToByteBuffer(response), .size_bytes = schema.size()});
}

arrow::Status SyncCall::Insert(std::string_view table, const arrow::RecordBatch& rows,
                               int64_t max_rows) {
  const std::shared_lock lock(tables_mutex_);
  const auto announced = tables_.find(table);
  if (announced == tables_.end()) return NotAnnounced(table);
  return announced->second.encoder.Encode(
      rows, {.max_rows = max_rows}, [this](const EncodedRecord& record) {
        return Send({.bytes = InsertMessage(record), .size_bytes = record.size_bytes});
      });
}

arrow::Status SyncCall::Drain() {
  std::unique_lock lock(mutex_);
  room_.wait(lock, stop_.get_token(), [&] { return broken_ || (!writing_ && queue_.empty()); });
  if (broken_ || stop_.stop_requested()) return base::Cancelled();
  return arrow::Status::OK();
}

arrow::Status SyncCall::Error(std::string_view table, std::string_view message) {
  if (!with_error_messages_) return arrow::Status::OK();
  pb::Sync::Response response;
  response.mutable_error()->set_table_name(OutgoingText(table));
  response.mutable_error()->set_error(OutgoingText(message));
  return Send(
      {.bytes = ToByteBuffer(response), .size_bytes = static_cast<int64_t>(message.size())});
}

// gRPC may run a callback inside StartWrite and Finish, so neither is called under the lock.
arrow::Status SyncCall::Send(Message message) {
  {
    std::unique_lock lock(mutex_);
    const auto may_go_on = [&] {
      return broken_ || queued_bytes_ == 0 || queued_bytes_ + message.size_bytes <= kSendQueueBytes;
    };
    // Asks first without waiting, since a wait registers with the stop token.
    if (!may_go_on()) room_.wait(lock, stop_.get_token(), may_go_on);
    if (broken_ || stop_.stop_requested()) return base::Cancelled();
    queued_bytes_ += message.size_bytes;
    if (writing_) {
      queue_.push_back(std::move(message));
      return arrow::Status::OK();
    }
    writing_ = true;
    in_flight_ = std::move(message);
  }
  StartWrite(&in_flight_.bytes);
  return arrow::Status::OK();
}

void SyncCall::OnWriteDone(bool ok) {
  enum { kWrite, kFinish, kNothing } next = kNothing;
  grpc::WriteOptions options;
  bool has_room = false;
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_ -= in_flight_.size_bytes;
    in_flight_ = {};
    if (!ok) {
      broken_ = true;
      queue_.clear();
      queued_bytes_ = 0;
    }
    if (!queue_.empty()) {
      in_flight_ = std::move(queue_.front());
      queue_.pop_front();
      // Another message follows, so gRPC may send both at once.
      if (!queue_.empty()) options.set_buffer_hint();
      next = kWrite;
    } else {
      writing_ = false;
      if (finished_) next = kFinish;
    }
    has_room = queued_bytes_ <= kResumeQueueBytes;
  }
  if (!ok) stop_.request_stop();
  if (has_room) room_.notify_all();
  if (next == kWrite) StartWrite(&in_flight_.bytes, options);
  if (next == kFinish) Finish(status_);
}

void SyncCall::FinishWith(const grpc::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    status_ = status;
    finished_ = true;
    if (writing_) return;
  }
  Finish(status);
}

void SyncCall::OnDone() { const auto last = std::move(self_); }

}  // namespace cloudquery
