// One Sync RPC: a thread that runs the source, a send queue bounded in bytes (docs/memory.md), and
// the gRPC stream that drains it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stop_token>
#include <string>

#include "cloudquery/ipc/record_encoder.h"
#include "cloudquery/log.h"
#include "cloudquery/source.h"

namespace cloudquery {

/// Max bytes of encoded messages that wait for the client. A producer blocks until its message
/// fits.
inline constexpr int64_t kSendQueueBytes = 4 * 1024 * 1024;

/// Blocked producers are woken once no more bytes than this wait. Waking them after every message
/// would cost more than the message.
inline constexpr int64_t kResumeQueueBytes = kSendQueueBytes / 2;

/// Sends the records of a Sync to the client. gRPC calls the reactor's methods. The object frees
/// itself once both the RPC and the source are done with it.
class SyncCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public RecordSink {
 public:
  /// `source_done` is called when the source has returned, before the client gets the status.
  static std::shared_ptr<SyncCall> Make(bool with_error_messages,
                                        std::function<void()> source_done);

  /// Runs the source to its end and finishes the RPC with its status, also if the source throws.
  /// Call it once, on a thread that may block.
  void Run(Source& source, const SyncRequest& request);

  /// Frees a call that was given neither to gRPC nor to a thread.
  void Abandon() { self_.reset(); }

  void RequestStop() { stop_.request_stop(); }

  arrow::Status Migrate(const Table& table) override;
  arrow::Status MigrateAgain(std::string_view table) override;
  arrow::Status Insert(std::string_view table, const arrow::RecordBatch& rows,
                       int64_t max_rows) override;
  arrow::Status Drain() override;
  arrow::Status Error(std::string_view table, std::string_view message) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override { stop_.request_stop(); }
  void OnDone() override;

 private:
  struct Message {
    grpc::ByteBuffer bytes;
    int64_t size_bytes = 0;
  };

  struct Announced {
    std::shared_ptr<arrow::Buffer> schema;
    RecordEncoder encoder;
  };

  SyncCall(bool with_error_messages, std::function<void()> source_done);
  arrow::Status SendSchema(const arrow::Buffer& schema);
  arrow::Status Send(Message message);
  void FinishWith(const grpc::Status& status);

  const bool with_error_messages_;
  const std::function<void()> source_done_;
  std::stop_source stop_;
  std::shared_ptr<SyncCall> self_;  // until OnDone

  const std::shared_ptr<ChunkPool> record_memory_ = ChunkPool::Make();
  std::shared_mutex tables_mutex_;
  std::map<std::string, Announced, std::less<>> tables_;  // guarded by tables_mutex_

  std::mutex mutex_;
  std::condition_variable_any room_;
  std::deque<Message> queue_;  // guarded by mutex_
  int64_t queued_bytes_ = 0;   // guarded by mutex_
  Message in_flight_;          // guarded by mutex_ unless writing_
  bool writing_ = false;       // guarded by mutex_; gRPC holds in_flight_
  bool broken_ = false;        // guarded by mutex_; the stream is closed
  bool finished_ = false;      // guarded by mutex_; finish with status_ once the queue is empty
  grpc::Status status_;        // guarded by mutex_
};

}  // namespace cloudquery
