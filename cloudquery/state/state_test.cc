#include "cloudquery/state.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "arrow/array/array_binary.h"
#include "arrow/array/array_primitive.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
#include "arrow/util/key_value_metadata.h"
#include "base/testing.h"
#include "discovery.grpc.pb.h"
#include "plugin.grpc.pb.h"

namespace cloudquery {
namespace {

namespace pb = ::cloudquery::plugin::v3;
using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct StoredRow {
  std::string key;
  std::string value;
  std::optional<uint64_t> version;
  bool operator==(const StoredRow&) const = default;
};
using Rows = std::vector<StoredRow>;

std::shared_ptr<arrow::ipc::RecordBatchStreamReader> OpenStream(const std::string& bytes) {
  return *arrow::ipc::RecordBatchStreamReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
}

Rows DecodeRows(const std::string& record) {
  Rows rows;
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

template <typename TextBuilder, typename VersionBuilder>
std::shared_ptr<arrow::RecordBatch> BatchAs(const Rows& rows) {
  TextBuilder keys, values;
  VersionBuilder versions;
  for (const StoredRow& row : rows) {
    EXPECT_THAT(keys.Append(row.key), IsOk());
    EXPECT_THAT(values.Append(row.value), IsOk());
    EXPECT_THAT(row.version ? versions.Append(*row.version) : versions.AppendNull(), IsOk());
  }
  // Names that are not ours: only positions count.
  const auto schema =
      arrow::schema({arrow::field("KEY", keys.type()), arrow::field("VALUE", values.type()),
                     arrow::field("VERSION", versions.type())});
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(rows.size()),
                                  {*keys.Finish(), *values.Finish(), *versions.Finish()});
}

std::shared_ptr<arrow::RecordBatch> ToBatch(const Rows& rows) {
  return BatchAs<arrow::StringBuilder, arrow::UInt64Builder>(rows);
}

std::string EncodeBatches(const arrow::RecordBatchVector& batches) {
  const auto out = *arrow::io::BufferOutputStream::Create();
  const auto writer = *arrow::ipc::MakeStreamWriter(out, batches.front()->schema());
  for (const auto& batch : batches) EXPECT_THAT(writer->WriteRecordBatch(*batch), IsOk());
  EXPECT_THAT(writer->Close(), IsOk());
  return (*out->Finish())->ToString();
}

// One Write call.
struct WriteCall {
  std::vector<std::string> migrated;
  std::vector<Rows> inserts;
};

// A destination in memory that never replaces a row, as the append mode of real ones.
class FakeDestination final : public pb::Plugin::Service {
 public:
  // What a Read answers: messages of batches.
  using Answer = std::function<std::vector<arrow::RecordBatchVector>(const Rows&)>;
  // Runs before a Write of inserts is stored; a failure is its answer.
  using WriteHook = std::function<grpc::Status(grpc::ServerContext*)>;
  using ReadHook = std::function<grpc::Status(grpc::ServerContext*)>;

  grpc::Status Init(grpc::ServerContext*, const pb::Init::Request*, pb::Init::Response*) override {
    return Forbidden();
  }
  grpc::Status Close(grpc::ServerContext*, const pb::Close::Request*,
                     pb::Close::Response*) override {
    return Forbidden();
  }

  grpc::Status Read(grpc::ServerContext* context, const pb::Read::Request* request,
                    grpc::ServerWriter<pb::Read::Response>* writer) override {
    std::unique_lock lock(mutex_);
    read_tables_.push_back(request->table());
    const auto messages = answer_(rows_);
    const ReadHook hook = read_hook_;
    lock.unlock();
    for (const auto& batches : messages) {
      pb::Read::Response response;
      response.set_record(EncodeBatches(batches));
      writer->Write(response);
    }
    return hook(context);
  }

  grpc::Status Write(grpc::ServerContext* context, grpc::ServerReader<pb::Write::Request>* reader,
                     pb::Write::Response*) override {
    WriteCall call;
    for (pb::Write::Request request; reader->Read(&request);) {
      if (request.has_insert()) call.inserts.push_back(DecodeRows(request.insert().record()));
      if (!request.has_migrate_table()) continue;
      EXPECT_FALSE(request.migrate_table().migrate_force());
      call.migrated.push_back(request.migrate_table().table());
    }
    const WriteHook hook = Locked(write_hook_);
    if (!call.inserts.empty()) {
      if (grpc::Status status = hook(context); !status.ok()) return status;
    }
    const std::lock_guard lock(mutex_);
    for (const Rows& rows : call.inserts) rows_.insert(rows_.end(), rows.begin(), rows.end());
    writes_.push_back(std::move(call));
    return grpc::Status::OK;
  }

  void SetRows(Rows rows) { Set(rows_, std::move(rows)); }
  void SetAnswer(Answer answer) { Set(answer_, std::move(answer)); }
  void SetWriteHook(WriteHook hook) { Set(write_hook_, std::move(hook)); }
  void SetReadHook(ReadHook hook) { Set(read_hook_, std::move(hook)); }

  Rows rows() { return Locked(rows_); }
  std::vector<WriteCall> writes() { return Locked(writes_); }
  std::vector<std::string> read_tables() { return Locked(read_tables_); }
  int forbidden_calls() { return Locked(forbidden_calls_); }

 private:
  static grpc::Status Nothing(grpc::ServerContext*) { return grpc::Status::OK; }

  grpc::Status Forbidden() {
    const std::lock_guard lock(mutex_);
    ++forbidden_calls_;
    return grpc::Status::OK;
  }
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

  // Also tells the thread sanitizer what gRPC orders without its knowing.
  std::mutex mutex_;
  Rows rows_;
  // One row a message, as databases do.
  Answer answer_ = [](const Rows& rows) {
    std::vector<arrow::RecordBatchVector> messages;
    messages.reserve(rows.size());
    for (const StoredRow& row : rows) messages.push_back({ToBatch({row})});
    return messages;
  };
  WriteHook write_hook_ = Nothing;
  ReadHook read_hook_ = Nothing;
  std::vector<WriteCall> writes_;
  std::vector<std::string> read_tables_;
  int forbidden_calls_ = 0;
};

class FakeDiscovery final : public discovery::v1::Discovery::Service {
 public:
  explicit FakeDiscovery(std::vector<int> versions) : versions_(std::move(versions)) {}
  grpc::Status GetVersions(grpc::ServerContext*, const discovery::v1::GetVersions::Request*,
                           discovery::v1::GetVersions::Response* response) override {
    for (const int version : versions_) response->add_versions(version);
    return grpc::Status::OK;
  }

 private:
  const std::vector<int> versions_;
};

std::string SocketAddress() {
  static int count = 0;
  return "unix://" + testing::TempDir() + "cq_state_" + std::to_string(getpid()) + "_" +
         std::to_string(++count);
}

// Runs services at a socket until it goes.
class Listener {
 public:
  Listener(const std::string& address, const std::vector<grpc::Service*>& services) {
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(-1);
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    for (grpc::Service* service : services) builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    EXPECT_NE(server_, nullptr);
  }
  ~Listener() { server_->Shutdown(std::chrono::system_clock::now()); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  std::unique_ptr<grpc::Server> server_;
};

// Holds a call until its client gives up.
grpc::Status Hang(grpc::ServerContext* context) {
  while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return grpc::Status::CANCELLED;
}

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

TEST_F(StateTest, WhatOneSyncStoresTheNextOneFinds) {
  {
    const auto state = *Open();
    EXPECT_EQ(state->Get("a"), "");
    state->Set("a", "1");
    state->Set("b", "ü");
    EXPECT_EQ(state->Get("a"), "1");
    ASSERT_THAT(state->Flush({}), IsOk());
  }
  {
    const auto state = *Open();
    EXPECT_EQ(state->Get("a"), "1");
    state->Set("a", "2");
    state->Set("b", "");
    ASSERT_THAT(state->Flush({}), IsOk());
  }
  const auto state = *Open();
  EXPECT_EQ(state->Get("a"), "2");
  EXPECT_EQ(state->Get("b"), "");
  EXPECT_THAT(destination_.rows(), ElementsAre(StoredRow{"a", "1", 1}, StoredRow{"b", "ü", 1},
                                               StoredRow{"a", "2", 2}, StoredRow{"b", "", 2}));
}

TEST_F(StateTest, WhatIsNotUtf8IsStoredWithReplacementCharacters) {
  const auto state = *Open();
  state->Set("key\xff", "cut \xe2\x82");
  EXPECT_EQ(state->Get("key\xff"), "cut \uFFFD");
  ASSERT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(destination_.rows(), ElementsAre(StoredRow{"key\uFFFD", "cut \uFFFD", 1}));
}

TEST_F(StateTest, MigratesTheTableAloneAndReadsItByTheSameSchema) {
  ASSERT_THAT(Open(), IsOk());
  const auto writes = destination_.writes();
  ASSERT_EQ(writes.size(), 1u);
  ASSERT_EQ(writes[0].migrated.size(), 1u);
  EXPECT_THAT(writes[0].inserts, IsEmpty());
  EXPECT_THAT(destination_.read_tables(), ElementsAre(writes[0].migrated[0]));

  const auto schema = OpenStream(writes[0].migrated[0])->schema();
  EXPECT_TRUE(schema->Equals(
      *arrow::schema({arrow::field("key", arrow::utf8()), arrow::field("value", arrow::utf8()),
                      arrow::field("version", arrow::uint64())})))
      << schema->ToString();
  const auto& metadata = *schema->metadata();
  EXPECT_EQ(*metadata.Get("cq:table_name"), "cq_state");
  EXPECT_TRUE(metadata.Contains("cq:table_title"));
  EXPECT_TRUE(metadata.Contains("cq:table_description"));
  EXPECT_FALSE(metadata.Contains("cq:extension:incremental"));
  std::vector<std::string> primary_key;
  for (const auto& field : schema->fields()) {
    primary_key.push_back(*field->metadata()->Get("cq:extension:primary_key"));
  }
  EXPECT_THAT(primary_key, ElementsAre("true", "false", "false"));
}

TEST_F(StateTest, TheHighestVersionWinsAndOnATieTheLaterRow) {
  destination_.SetRows({{"a", "high", 7},
                        {"a", "low", 6},
                        {"tie", "first", 2},
                        {"tie", "second", 2},
                        {"null", "old", std::nullopt},
                        {"null", "new", 1},
                        {"never", "x", std::nullopt}});
  const auto state = *Open();
  EXPECT_EQ(state->Get("a"), "high");
  EXPECT_EQ(state->Get("tie"), "second");
  EXPECT_EQ(state->Get("null"), "new");
  EXPECT_EQ(state->Get("never"), "x");
  state->Set("a", "next");
  state->Set("never", "y");
  ASSERT_THAT(state->Flush({}), IsOk());
  ASSERT_EQ(Flushes().size(), 1u);
  EXPECT_THAT(Flushes()[0].inserts,
              ElementsAre(ElementsAre(StoredRow{"a", "next", 8}, StoredRow{"never", "y", 1})));
}

TEST_F(StateTest, ReadsAllBatchesOfAMessage) {
  destination_.SetRows({{"a", "1", 1}, {"b", "2", 1}, {"c", "3", 1}});
  destination_.SetAnswer([](const Rows& rows) {
    return std::vector<arrow::RecordBatchVector>{
        {ToBatch({rows[0]}), ToBatch({}), ToBatch({rows[1], rows[2]})}};
  });
  const auto state = *Open();
  EXPECT_EQ(state->Get("a") + state->Get("b") + state->Get("c"), "123");
}

TEST_F(StateTest, TakesTheTypesThatADatabaseMayMakeOfIt) {
  destination_.SetRows({{"a", "1", 4}});
  destination_.SetAnswer([](const Rows& rows) {
    return std::vector<arrow::RecordBatchVector>{
        {BatchAs<arrow::LargeStringBuilder, arrow::Int64Builder>(rows)},
        {BatchAs<arrow::StringViewBuilder, arrow::UInt64Builder>({{"b", "2", 1}})}};
  });
  const auto state = *Open();
  EXPECT_EQ(state->Get("a") + state->Get("b"), "12");
}

TEST_F(StateTest, OtherColumnsAreAnError) {
  destination_.SetRows({{"a", "1", 4}});
  destination_.SetAnswer([](const Rows& rows) {
    return std::vector<arrow::RecordBatchVector>{
        {BatchAs<arrow::StringBuilder, arrow::DoubleBuilder>(rows)}};
  });
  auto state = Open();
  EXPECT_THAT(state, IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(state, HasMessage(Prefix() + "what it holds is not state: its column version is of "
                                           "type double; use another table in backend_options"));

  destination_.SetAnswer([](const Rows& rows) {
    return std::vector<arrow::RecordBatchVector>{{*ToBatch(rows)->RemoveColumn(2)}};
  });
  state = Open();
  EXPECT_THAT(state, IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(state.status().message(), HasSubstr("it has 2 columns, not key, value and version"));
}

TEST_F(StateTest, AMessageMayBeLargerThanGrpcTakesByDefault) {
  const std::string large(size_t{9} * 1024 * 1024, 'x');
  destination_.SetRows({{"a", large, 1}});
  const auto state = *Open();
  EXPECT_EQ(state->Get("a"), large);
}

TEST_F(StateTest, ALargeFlushIsOneStreamOfSeveralRecords) {
  const std::string large(size_t{7} * 1024 * 1024, 'x');
  const auto state = *Open();
  for (const char* key : {"a", "b", "c", "d"}) state->Set(key, large);
  ASSERT_THAT(state->Flush({}), IsOk());
  ASSERT_EQ(Flushes().size(), 1u);
  EXPECT_EQ(Flushes()[0].inserts.size(), 2u);
  EXPECT_EQ(destination_.rows().size(), 4u);
}

TEST_F(StateTest, AValueTooLargeForAMessageIsAnErrorAndStoresNothing) {
  const auto state = *Open();
  state->Set("a", "1");
  state->Set("b", std::string(size_t{101} * 1024 * 1024, 'x'));
  EXPECT_THAT(state->Flush({}), IsError(ErrorKind::kLimit));
  EXPECT_THAT(destination_.rows(), IsEmpty());
}

TEST_F(StateTest, AFlushWithoutChangesSendsNothing) {
  destination_.SetRows({{"a", "1", 3}});
  const auto state = *Open();
  EXPECT_THAT(state->Flush({}), IsOk());
  state->Set("a", "1");
  state->Set("none", "");
  EXPECT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(Flushes(), IsEmpty());

  state->Set("a", "2");
  EXPECT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(state->Flush({}), IsOk());
  EXPECT_EQ(Flushes().size(), 1u);
}

TEST_F(StateTest, AFlushHoldsOnlyWhatChanged) {
  destination_.SetRows({{"a", "1", 3}, {"b", "1", 3}, {"c", "1", 3}});
  const auto state = *Open();
  state->Set("b", "2");
  state->Set("d", "1");
  ASSERT_THAT(state->Flush({}), IsOk());
  ASSERT_EQ(Flushes().size(), 1u);
  EXPECT_THAT(Flushes()[0].migrated, IsEmpty());
  EXPECT_THAT(Flushes()[0].inserts,
              ElementsAre(ElementsAre(StoredRow{"b", "2", 4}, StoredRow{"d", "1", 1})));
}

TEST_F(StateTest, WhatAFailedFlushHeldTheNextOneStores) {
  const auto state = *Open();
  state->Set("a", "1");
  destination_.SetWriteHook(
      [](grpc::ServerContext*) { return grpc::Status(grpc::StatusCode::UNKNOWN, "disk full"); });
  const arrow::Status failed = state->Flush({});
  EXPECT_THAT(failed, IsError(ErrorKind::kTransport));
  EXPECT_THAT(failed, HasMessage(Prefix() + "the destination did not store the state: disk full; "
                                            "the next sync begins with what was stored before"));
  EXPECT_EQ(state->Get("a"), "1");

  destination_.SetWriteHook([](grpc::ServerContext*) { return grpc::Status::OK; });
  state->Set("b", "1");
  ASSERT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(destination_.rows(), ElementsAre(StoredRow{"a", "1", 1}, StoredRow{"b", "1", 1}));
}

TEST_F(StateTest, WhatIsSetDuringAFlushTheNextOneStores) {
  const auto state = *Open();
  state->Set("a", "1");
  destination_.SetWriteHook([&](grpc::ServerContext*) {
    state->Set("a", "2");
    state->Set("b", "1");
    return grpc::Status::OK;
  });
  ASSERT_THAT(state->Flush({}), IsOk());
  destination_.SetWriteHook([](grpc::ServerContext*) { return grpc::Status::OK; });
  ASSERT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(destination_.rows(),
              ElementsAre(StoredRow{"a", "1", 1}, StoredRow{"a", "2", 2}, StoredRow{"b", "1", 1}));
}

TEST_F(StateTest, AllWhoWaitForAnotherFlushGoOnAfterIt) {
  const auto state = *Open();
  state->Set("a", "1");
  std::vector<std::jthread> waiting;
  destination_.SetWriteHook([&](grpc::ServerContext*) {
    for (int i = 0; i < 3; ++i) {
      waiting.emplace_back([&state] { EXPECT_THAT(state->Flush({}), IsOk()); });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return grpc::Status::OK;
  });
  ASSERT_THAT(state->Flush({}), IsOk());
  waiting.clear();
  EXPECT_EQ(Flushes().size(), 1u);
}

TEST_F(StateTest, ManyThreadsLoseNothing) {
  const auto state = *Open();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&state, key = std::to_string(thread)] {
        for (int i = 1; i <= 50; ++i) {
          state->Set(key, std::to_string(i));
          if (i % 10 != 0) continue;
          EXPECT_THAT(state->Flush({}), IsOk());
        }
      });
    }
  }
  ASSERT_THAT(state->Flush({}), IsOk());
  const auto next = *Open();
  for (const char* key : {"0", "1", "2", "3"}) EXPECT_EQ(next->Get(key), "50");
}

TEST_F(StateTest, ADestinationThatCannotReadBackIsAnErrorThatSaysSo) {
  destination_.SetReadHook([](grpc::ServerContext*) {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "method Read not implemented");
  });
  const auto state = Open();
  EXPECT_THAT(state, IsError(ErrorKind::kUnsupported));
  EXPECT_THAT(
      state, HasMessage(Prefix() + "this destination cannot keep state, for reading it back fails: "
                                   "method Read not implemented; use another destination in "
                                   "backend_options"));
}

TEST_F(StateTest, ABrokenConnectionIsNotTakenForAnUnfitDestination) {
  destination_.SetReadHook(
      [](grpc::ServerContext*) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"); });
  EXPECT_THAT(Open(), IsError(ErrorKind::kTransport));
}

TEST_F(StateTest, ACancelledReadReturnsSoon) {
  destination_.SetReadHook(Hang);
  std::stop_source stop;
  steady_clock::time_point start;
  const std::jthread canceller([&] {
    while (destination_.read_tables().empty()) std::this_thread::yield();
    start = steady_clock::now();
    stop.request_stop();
  });
  EXPECT_THAT(Open(stop.get_token()), IsError(ErrorKind::kCancelled));
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(1));
}

TEST_F(StateTest, ACancelledFlushReturnsSoonAndKeepsWhatItHeld) {
  const auto state = *Open();
  state->Set("a", "1");
  std::stop_source stop;
  destination_.SetWriteHook([&](grpc::ServerContext* context) {
    stop.request_stop();
    return Hang(context);
  });
  const auto start = steady_clock::now();
  EXPECT_THAT(state->Flush(stop.get_token()), IsError(ErrorKind::kCancelled));
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(1));
  destination_.SetWriteHook([](grpc::ServerContext*) { return grpc::Status::OK; });
  ASSERT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(destination_.rows(), ElementsAre(StoredRow{"a", "1", 1}));
}

TEST_F(StateTest, StoppedBeforehandNothingIsAsked) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(Open(stop.get_token()), IsError(ErrorKind::kCancelled));
  EXPECT_THAT(destination_.writes(), IsEmpty());
}

TEST(StateOpenTest, APluginOfAnotherVersionIsAnErrorBeforeAnyWrite) {
  const Backend backend{.table_name = "cq_state", .connection = SocketAddress()};
  FakeDestination destination;
  FakeDiscovery discovery({1, 2, 4});
  const Listener listener(backend.connection, {&destination, &discovery});
  const auto state = OpenState(backend, {});
  EXPECT_THAT(state, IsError(ErrorKind::kUnsupported));
  EXPECT_THAT(state.status().message(), HasSubstr("does not speak version 3"));
  EXPECT_THAT(destination.writes(), IsEmpty());
}

TEST(StateOpenTest, APluginThatTakesNoWritesIsUnfit) {
  const Backend backend{.table_name = "cq_state", .connection = SocketAddress()};
  pb::Plugin::Service source;  // implements nothing
  FakeDiscovery discovery({3});
  const Listener listener(backend.connection, {&source, &discovery});
  EXPECT_THAT(OpenState(backend, {}), IsError(ErrorKind::kUnsupported));
}

TEST(StateOpenTest, NobodyAtTheAddressIsAnErrorAtOnce) {
  const Backend backend{.table_name = "cq_state", .connection = SocketAddress()};
  const auto start = steady_clock::now();
  const auto state = OpenState(backend, {});
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_THAT(state, IsError(ErrorKind::kTransport));
  EXPECT_THAT(state.status().message(), HasSubstr("state table \"cq_state\" at unix://"));
  EXPECT_THAT(state.status().message(), HasSubstr("backend_options.connection is right"));
}

}  // namespace
}  // namespace cloudquery
