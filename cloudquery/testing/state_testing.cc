#include "cloudquery/testing/state_testing.h"

#include <unistd.h>

#include <chrono>
#include <thread>

#include "arrow/array/array_binary.h"
#include "arrow/array/array_primitive.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/writer.h"

namespace cloudquery {
namespace {

namespace pb = ::cloudquery::plugin::v3;

StoredRows DecodeRows(const std::string& record) {
  StoredRows rows;
  const auto batches = *OpenStream(record)->ToRecordBatches();
  for (const auto& batch : batches) {
    const auto& keys = dynamic_cast<const arrow::StringArray&>(*batch->column(0));
    const auto& values = dynamic_cast<const arrow::StringArray&>(*batch->column(1));
    const auto& versions = dynamic_cast<const arrow::UInt64Array&>(*batch->column(2));
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      rows.push_back({keys.GetString(i), values.GetString(i), versions.Value(i)});
    }
  }
  return rows;
}

}  // namespace

std::shared_ptr<arrow::ipc::RecordBatchStreamReader> OpenStream(const std::string& bytes) {
  return *arrow::ipc::RecordBatchStreamReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
}

std::string EncodeBatches(const arrow::RecordBatchVector& batches) {
  const auto out = *arrow::io::BufferOutputStream::Create();
  const auto writer = *arrow::ipc::MakeStreamWriter(out, batches.front()->schema());
  for (const auto& batch : batches) EXPECT_THAT(writer->WriteRecordBatch(*batch), base::IsOk());
  EXPECT_THAT(writer->Close(), base::IsOk());
  return (*out->Finish())->ToString();
}

grpc::Status FakeDestination::Init(grpc::ServerContext*, const pb::Init::Request*,
                                   pb::Init::Response*) {
  return Forbidden();
}

grpc::Status FakeDestination::Close(grpc::ServerContext*, const pb::Close::Request*,
                                    pb::Close::Response*) {
  return Forbidden();
}

grpc::Status FakeDestination::Forbidden() {
  const std::lock_guard lock(mutex_);
  ++forbidden_calls_;
  return grpc::Status::OK;
}

grpc::Status FakeDestination::Read(grpc::ServerContext* context, const pb::Read::Request* request,
                                   grpc::ServerWriter<pb::Read::Response>* writer) {
  std::unique_lock lock(mutex_);
  read_tables_.push_back(request->table());
  const auto messages = answer_(rows_);
  const Hook hook = read_hook_;
  lock.unlock();
  for (const auto& batches : messages) {
    pb::Read::Response response;
    response.set_record(EncodeBatches(batches));
    writer->Write(response);
  }
  return hook(context);
}

grpc::Status FakeDestination::Write(grpc::ServerContext* context,
                                    grpc::ServerReader<pb::Write::Request>* reader,
                                    pb::Write::Response*) {
  WriteCall call;
  for (pb::Write::Request request; reader->Read(&request);) {
    if (request.has_insert()) call.inserts.push_back(DecodeRows(request.insert().record()));
    if (!request.has_migrate_table()) continue;
    EXPECT_FALSE(request.migrate_table().migrate_force());
    call.migrated.push_back(request.migrate_table().table());
  }
  const Hook hook = Locked(write_hook_);
  if (!call.inserts.empty()) {
    if (grpc::Status status = hook(context); !status.ok()) return status;
  }
  const std::lock_guard lock(mutex_);
  for (const StoredRows& rows : call.inserts) rows_.insert(rows_.end(), rows.begin(), rows.end());
  writes_.push_back(std::move(call));
  return grpc::Status::OK;
}

// As databases answer.
std::vector<arrow::RecordBatchVector> FakeDestination::OneRowAMessage(const StoredRows& rows) {
  std::vector<arrow::RecordBatchVector> messages;
  messages.reserve(rows.size());
  for (const StoredRow& row : rows) messages.push_back({ToBatch({row})});
  return messages;
}

grpc::Status FakeDiscovery::GetVersions(grpc::ServerContext*,
                                        const discovery::v1::GetVersions::Request*,
                                        discovery::v1::GetVersions::Response* response) {
  for (const int version : versions_) response->add_versions(version);
  return grpc::Status::OK;
}

std::string SocketAddress() {
  static int count = 0;
  return "unix://" + testing::TempDir() + "cq_state_" + std::to_string(getpid()) + "_" +
         std::to_string(++count);
}

Listener::Listener(const std::string& address, const std::vector<grpc::Service*>& services) {
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(-1);
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  for (grpc::Service* service : services) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  EXPECT_NE(server_, nullptr);
}

Listener::~Listener() { server_->Shutdown(std::chrono::system_clock::now()); }

// gRPC's synchronous server tells of a cancellation only when asked.
grpc::Status Hang(grpc::ServerContext* context) {
  while (!context->IsCancelled()) std::this_thread::yield();
  return grpc::Status::CANCELLED;
}

}  // namespace cloudquery
