// What the tests of the state share: a destination in memory behind a real gRPC server.
#pragma once

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/ipc/reader.h"
#include "arrow/record_batch.h"
#include "base/testing.h"
#include "cloudquery/state.h"
#include "discovery.grpc.pb.h"
#include "plugin.grpc.pb.h"

namespace cloudquery {

struct StoredRow {
  std::string key;
  std::string value;
  std::optional<uint64_t> version;
  bool operator==(const StoredRow&) const = default;
};
using StoredRows = std::vector<StoredRow>;

std::shared_ptr<arrow::ipc::RecordBatchStreamReader> OpenStream(const std::string& bytes);
std::string EncodeBatches(const arrow::RecordBatchVector& batches);

// The rows in columns of the builders' types.
template <typename TextBuilder, typename VersionBuilder>
std::shared_ptr<arrow::RecordBatch> BatchAs(const StoredRows& rows) {
  TextBuilder keys, values;
  VersionBuilder versions;
  for (const StoredRow& row : rows) {
    EXPECT_THAT(keys.Append(row.key), base::IsOk());
    EXPECT_THAT(values.Append(row.value), base::IsOk());
    EXPECT_THAT(row.version ? versions.Append(*row.version) : versions.AppendNull(), base::IsOk());
  }
  // The names differ from ours, since only positions count.
  const auto schema =
      arrow::schema({arrow::field("KEY", keys.type()), arrow::field("VALUE", values.type()),
                     arrow::field("VERSION", versions.type())});
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(rows.size()),
                                  {*keys.Finish(), *values.Finish(), *versions.Finish()});
}

inline std::shared_ptr<arrow::RecordBatch> ToBatch(const StoredRows& rows) {
  return BatchAs<arrow::StringBuilder, arrow::UInt64Builder>(rows);
}

// One Write call.
struct WriteCall {
  std::vector<std::string> migrated;
  std::vector<StoredRows> inserts;
};

// A destination in memory that never replaces a row, like the append mode of real ones.
class FakeDestination final : public plugin::v3::Plugin::Service {
 public:
  // What a Read answers: messages of batches.
  using Answer = std::function<std::vector<arrow::RecordBatchVector>(const StoredRows&)>;
  // Runs before the rows of a Write are stored, or after those of a Read were sent. A failure is
  // the status of the call.
  using Hook = std::function<grpc::Status(grpc::ServerContext*)>;

  grpc::Status Init(grpc::ServerContext* context, const plugin::v3::Init::Request* request,
                    plugin::v3::Init::Response* response) override;
  grpc::Status Close(grpc::ServerContext* context, const plugin::v3::Close::Request* request,
                     plugin::v3::Close::Response* response) override;
  grpc::Status Read(grpc::ServerContext* context, const plugin::v3::Read::Request* request,
                    grpc::ServerWriter<plugin::v3::Read::Response>* writer) override;
  grpc::Status Write(grpc::ServerContext* context,
                     grpc::ServerReader<plugin::v3::Write::Request>* reader,
                     plugin::v3::Write::Response* response) override;

  void SetRows(StoredRows rows) { Set(rows_, std::move(rows)); }
  void SetAnswer(Answer answer) { Set(answer_, std::move(answer)); }
  void SetWriteHook(Hook hook) { Set(write_hook_, std::move(hook)); }
  void SetReadHook(Hook hook) { Set(read_hook_, std::move(hook)); }

  StoredRows rows() { return Locked(rows_); }
  std::vector<WriteCall> writes() { return Locked(writes_); }
  std::vector<std::string> read_tables() { return Locked(read_tables_); }
  // Calls of Init and Close, which the CLI alone may make.
  int forbidden_calls() { return Locked(forbidden_calls_); }

 private:
  static std::vector<arrow::RecordBatchVector> OneRowAMessage(const StoredRows& rows);
  static grpc::Status Nothing(grpc::ServerContext*) { return grpc::Status::OK; }
  grpc::Status Forbidden();

  template <typename T>
  T Locked(const T& value) {
    const std::lock_guard lock(mutex_);
    return value;
  }
  template <typename T>
  void Set(T& target, T value) {
    const std::lock_guard lock(mutex_);
    target = std::move(value);
  }

  // The thread sanitizer does not see the order that gRPC gives to calls; it sees the mutex.
  std::mutex mutex_;
  StoredRows rows_;
  Answer answer_ = OneRowAMessage;
  Hook write_hook_ = Nothing;
  Hook read_hook_ = Nothing;
  std::vector<WriteCall> writes_;
  std::vector<std::string> read_tables_;
  int forbidden_calls_ = 0;
};

class FakeDiscovery final : public discovery::v1::Discovery::Service {
 public:
  explicit FakeDiscovery(std::vector<int> versions) : versions_(std::move(versions)) {}
  grpc::Status GetVersions(grpc::ServerContext* context,
                           const discovery::v1::GetVersions::Request* request,
                           discovery::v1::GetVersions::Response* response) override;

 private:
  const std::vector<int> versions_;
};

// The address of a socket that does not exist yet.
std::string SocketAddress();

// Serves at an address until it is destroyed.
class Listener {
 public:
  Listener(const std::string& address, const std::vector<grpc::Service*>& services);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  std::unique_ptr<grpc::Server> server_;
};

// A hook that holds a call until its client cancels it.
grpc::Status Hang(grpc::ServerContext* context);

class StateTest : public testing::Test {
 protected:
  ~StateTest() override {
    EXPECT_EQ(destination_.forbidden_calls(), 0) << "the CLI alone calls Init and Close";
  }

  arrow::Result<std::unique_ptr<StateStore>> Open(std::stop_token stop = {}) {
    return OpenState(backend_, std::move(stop));
  }
  std::string Prefix() const { return "state table \"cq_state\" at " + backend_.connection + ": "; }
  // The Writes that had inserts.
  std::vector<WriteCall> Flushes() {
    auto writes = destination_.writes();
    std::erase_if(writes, [](const WriteCall& call) { return call.inserts.empty(); });
    return writes;
  }

  const Backend backend_{.table_name = "cq_state", .connection = SocketAddress()};
  FakeDestination destination_;
  FakeDiscovery discovery_{{2, 3}};
  Listener listener_{backend_.connection, {&destination_, &discovery_}};
};

}  // namespace cloudquery
