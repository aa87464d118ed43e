#include "cloudquery/server/plugin_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <mutex>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <vector>

#include "arrow/array/builder_primitive.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/util/key_value_metadata.h"
#include "base/testing.h"
#include "base/testing/refuse_threads.h"
#include "discovery.grpc.pb.h"
#include "plugin.grpc.pb.h"

namespace cloudquery {
namespace {

namespace pb = ::cloudquery::plugin::v3;
using std::chrono::steady_clock;
using testing::HasSubstr;

std::shared_ptr<arrow::RecordBatch> Numbers(int64_t rows) {
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < rows; ++i) EXPECT_THAT(builder.Append(i), base::IsOk());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}), rows,
                                  {*builder.Finish()});
}

const Table kTable{.name = "t", .columns = {{.field = arrow::field("n", arrow::int64())}}};

// A source whose sync is a function of the test's.
class FakeSource : public Source {
 public:
  using SyncBody = std::function<arrow::Status(const SyncRequest&, RecordSink&, std::stop_token)>;

  std::string SpecSchema() const override { return "{}"; }
  arrow::Status Init(const InitRequest& request) override {
    if (request.spec_json == "not JSON") {
      std::ignore = nlohmann::json::parse("not JSON: secret");
    }
    if (request.spec_json == "bad") {
      return base::MakeError(base::ErrorKind::kConfig, "spec: bucket is not set");
    }
    return arrow::Status::OK();
  }
  arrow::Result<std::vector<Table>> Tables(const TableFilter& filter, std::stop_token) override {
    if (!filter.tables.empty()) throw std::length_error("too many");
    return std::vector<Table>{kTable};
  }
  arrow::Status Sync(const SyncRequest& request, RecordSink& sink, std::stop_token stop) override {
    SyncBody body;
    {
      const std::lock_guard lock(mutex_);
      body = sync_;
      last_request_ = request;
    }
    return body(request, sink, stop);
  }
  arrow::Result<ConnectionTest> TestConnection(std::string_view spec, std::stop_token) override {
    if (spec == "throw") throw 7;
    return ConnectionTest{.failure_code = "OTHER",
                          .failure_description = "why" + std::string(spec)};
  }
  arrow::Status Close() override {
    if (close_throws) throw std::bad_alloc();
    return arrow::Status::OK();
  }

  std::atomic<bool> close_throws = false;

  void SetSync(SyncBody body) {
    const std::lock_guard lock(mutex_);
    sync_ = std::move(body);
  }
  SyncRequest last_request() {
    const std::lock_guard lock(mutex_);
    return last_request_;
  }

 private:
  // Also tells the thread sanitizer what gRPC orders without its knowing.
  std::mutex mutex_;
  SyncBody sync_ = [](const SyncRequest&, RecordSink&, const std::stop_token&) {
    return arrow::Status::OK();
  };
  SyncRequest last_request_;
};

class NoOutput : public Logger::Output {
  void Write(std::string_view) override {}
};

class PluginServiceTest : public testing::Test {
 protected:
  PluginServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&discovery_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    const auto channel = server_->InProcessChannel({});
    plugin_ = pb::Plugin::NewStub(channel);
    discovery_stub_ = discovery::v1::Discovery::NewStub(channel);
  }
  ~PluginServiceTest() override {
    service_.Stop();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  }

  grpc::Status Init(const std::string& spec = "{}") {
    grpc::ClientContext context;
    pb::Init::Request request;
    pb::Init::Response response;
    request.set_spec(spec);
    return plugin_->Init(&context, request, &response);
  }
  grpc::Status GetTables(const std::string& pattern = "") {
    grpc::ClientContext context;
    pb::GetTables::Request request;
    pb::GetTables::Response response;
    if (!pattern.empty()) request.add_tables(pattern);
    return plugin_->GetTables(&context, request, &response);
  }
  grpc::Status TestConnection(const std::string& spec, pb::TestConnection::Response* response) {
    grpc::ClientContext context;
    pb::TestConnection::Request request;
    request.set_spec(spec);
    return plugin_->TestConnection(&context, request, response);
  }
  grpc::Status Close() {
    grpc::ClientContext context;
    pb::Close::Response response;
    return plugin_->Close(&context, {}, &response);
  }
  struct Outcome {
    grpc::Status status;
    std::vector<pb::Sync::Response> messages;
  };
  Outcome Sync(const pb::Sync::Request& request = {}) {
    grpc::ClientContext context;
    const auto reader = plugin_->Sync(&context, request);
    Outcome outcome;
    for (pb::Sync::Response message; reader->Read(&message);) outcome.messages.push_back(message);
    outcome.status = reader->Finish();
    return outcome;
  }

  FakeSource source_;
  PluginInfo info_{.name = "fake", .version = "v1.0.0"};
  Logger log_{"test", LogLevel::kError, LogFormat::kJson, std::make_unique<NoOutput>()};
  DiscoveryService discovery_;
  PluginService service_{source_, info_, log_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<pb::Plugin::Stub> plugin_;
  std::unique_ptr<discovery::v1::Discovery::Stub> discovery_stub_;
};

TEST_F(PluginServiceTest, DiscoveryAnswersVersion3) {
  grpc::ClientContext context;
  discovery::v1::GetVersions::Response response;
  ASSERT_TRUE(discovery_stub_->GetVersions(&context, {}, &response).ok());
  EXPECT_THAT(response.versions(), testing::ElementsAre(3));
}

TEST_F(PluginServiceTest, SyncAndGetTablesBeforeInitAreErrors) {
  EXPECT_EQ(Sync().status.error_message(), "the plugin is not initialized; call Init first");
  grpc::ClientContext context;
  pb::GetTables::Response response;
  EXPECT_FALSE(plugin_->GetTables(&context, {}, &response).ok());
}

TEST_F(PluginServiceTest, AFailedInitShowsItsMessageAlone) {
  const grpc::Status status = Init("bad");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message(), "spec: bucket is not set");
  EXPECT_FALSE(Sync().status.ok());
}

TEST_F(PluginServiceTest, SendsTheTableAndThenRecordsOfOneBatchEach) {
  source_.SetSync([](const SyncRequest&, RecordSink& sink, const std::stop_token&) {
    ARROW_RETURN_NOT_OK(sink.Migrate(kTable));
    return sink.Insert("t", *Numbers(12), /*max_rows=*/5);
  });
  ASSERT_TRUE(Init().ok());
  const Outcome outcome = Sync();
  ASSERT_TRUE(outcome.status.ok());
  ASSERT_EQ(outcome.messages.size(), 4u);
  EXPECT_TRUE(outcome.messages[0].has_migrate_table());
  int64_t rows = 0;
  for (size_t i = 1; i < 4; ++i) {
    const auto reader =
        *arrow::ipc::RecordBatchStreamReader::Open(std::make_shared<arrow::io::BufferReader>(
            arrow::Buffer::FromString(outcome.messages[i].insert().record())));
    const auto batches = *reader->ToRecordBatches();
    ASSERT_EQ(batches.size(), 1u);
    rows += batches[0]->num_rows();
    EXPECT_EQ(*reader->schema()->metadata()->Get("cq:table_name"), "t");
  }
  EXPECT_EQ(rows, 12);
}

TEST_F(PluginServiceTest, AFailedSyncShowsItsMessageAfterAllThatWasSent) {
  source_.SetSync([](const SyncRequest&, RecordSink& sink, const std::stop_token&) {
    ARROW_RETURN_NOT_OK(sink.Migrate(kTable));
    return base::MakeError(base::ErrorKind::kTransport, "the bucket does not answer");
  });
  ASSERT_TRUE(Init().ok());
  const Outcome outcome = Sync();
  EXPECT_EQ(outcome.messages.size(), 1u);
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(outcome.status.error_message(), "the bucket does not answer");
}

TEST_F(PluginServiceTest, ErrorMessagesAreSentOnlyToClientsThatAskedForThem) {
  source_.SetSync([](const SyncRequest&, RecordSink& sink, const std::stop_token&) {
    return sink.Error("t", "broken");
  });
  ASSERT_TRUE(Init().ok());
  EXPECT_TRUE(Sync().messages.empty());
  pb::Sync::Request request;
  request.set_witherrormessages(true);
  const Outcome outcome = Sync(request);
  ASSERT_EQ(outcome.messages.size(), 1u);
  EXPECT_EQ(outcome.messages[0].error().table_name(), "t");
  EXPECT_EQ(outcome.messages[0].error().error(), "broken");
}

TEST_F(PluginServiceTest, TheRequestReachesTheSourceWhole) {
  pb::Sync::Request request;
  request.add_tables("a*");
  request.add_skip_tables("b");
  request.set_skip_dependent_tables(true);
  request.set_deterministic_cq_id(true);
  request.mutable_backend()->set_table_name("state");
  request.mutable_backend()->set_connection("unix:///x");
  request.mutable_shard()->set_num(2);
  request.mutable_shard()->set_total(4);
  ASSERT_TRUE(Init().ok());
  ASSERT_TRUE(Sync(request).status.ok());
  const SyncRequest seen = source_.last_request();
  EXPECT_THAT(seen.filter.tables, testing::ElementsAre("a*"));
  EXPECT_THAT(seen.filter.skip_tables, testing::ElementsAre("b"));
  EXPECT_TRUE(seen.filter.skip_dependent_tables);
  EXPECT_TRUE(seen.deterministic_cq_id);
  EXPECT_EQ(seen.backend->table_name, "state");
  EXPECT_EQ(seen.backend->connection, "unix:///x");
  EXPECT_EQ(seen.shard->num, 2);
  EXPECT_EQ(seen.shard->total, 4);
}

TEST_F(PluginServiceTest, ASecondCallDuringASyncIsRefusedAndOneAfterItIsServed) {
  std::latch running(1), finish(1);
  source_.SetSync([&](const SyncRequest&, RecordSink&, const std::stop_token&) {
    running.count_down();
    finish.wait();
    return arrow::Status::OK();
  });
  ASSERT_TRUE(Init().ok());
  std::jthread first([&] { EXPECT_TRUE(Sync().status.ok()); });
  running.wait();
  EXPECT_EQ(Init().error_message(), "plugin already in use");
  EXPECT_EQ(Sync().status.error_message(), "plugin already in use");
  EXPECT_EQ(Close().error_message(), "plugin already in use");
  finish.count_down();
  first.join();
  source_.SetSync(
      [](const SyncRequest&, RecordSink&, const std::stop_token&) { return arrow::Status::OK(); });
  EXPECT_TRUE(Close().ok());
  EXPECT_FALSE(Sync().status.ok()) << "Close takes the configuration away";
  EXPECT_TRUE(Init().ok());
  EXPECT_TRUE(Sync().status.ok());
}

TEST_F(PluginServiceTest, AClientThatGoesAwayStopsTheSourceWithinASecond) {
  std::latch stopped(1);
  source_.SetSync([&](const SyncRequest&, RecordSink& sink, const std::stop_token&) {
    EXPECT_THAT(sink.Migrate(kTable), base::IsOk());
    const auto batch = Numbers(10'000);
    while (sink.Insert("t", *batch, 1000).ok()) {
    }
    stopped.count_down();
    return base::Cancelled();
  });
  ASSERT_TRUE(Init().ok());
  grpc::ClientContext context;
  const auto reader = plugin_->Sync(&context, {});
  pb::Sync::Response message;
  ASSERT_TRUE(reader->Read(&message));
  const auto start = steady_clock::now();
  context.TryCancel();
  stopped.wait();
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(1));
  while (reader->Read(&message)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(PluginServiceTest, ASourceIsHeldBackWhileTheClientDoesNotRead) {
  constexpr int64_t kBatchBytes = 800'000;
  constexpr int64_t kAllBytes = 200 * kBatchBytes;
  std::atomic<int64_t> sent_bytes{0};
  std::atomic<int64_t> read_bytes{0};
  std::atomic<int64_t> most_ahead{0};
  source_.SetSync([&](const SyncRequest&, RecordSink& sink, const std::stop_token& stop) {
    ARROW_RETURN_NOT_OK(sink.Migrate(kTable));
    const auto batch = Numbers(100'000);
    for (int i = 0; i < 200 && !stop.stop_requested(); ++i) {
      ARROW_RETURN_NOT_OK(sink.Insert("t", *batch, 100'000));
      sent_bytes += kBatchBytes;
      most_ahead = std::max<int64_t>(most_ahead, sent_bytes - read_bytes);
    }
    return arrow::Status::OK();
  });
  ASSERT_TRUE(Init().ok());
  grpc::ClientContext context;
  const auto reader = plugin_->Sync(&context, {});
  // The client reads on only when half a queue waits for it, and so lets the source run ahead as
  // far as it may.
  const auto await_half_a_queue = [&] {
    while (sent_bytes < std::min(kAllBytes, read_bytes + kSendQueueBytes / 2)) {
      std::this_thread::yield();
    }
  };
  pb::Sync::Response message;
  for (await_half_a_queue(); reader->Read(&message); await_half_a_queue()) {
    if (message.has_insert()) read_bytes += kBatchBytes;
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(sent_bytes, kAllBytes);
  EXPECT_LE(most_ahead, kSendQueueBytes + 4'000'000);
}

TEST_F(PluginServiceTest, ARowOfAnUnknownTableIsAnError) {
  source_.SetSync([](const SyncRequest&, RecordSink& sink, const std::stop_token&) {
    return sink.Insert("t", *Numbers(1), 1);
  });
  ASSERT_TRUE(Init().ok());
  EXPECT_EQ(Sync().status.error_message(),
            "cannot send to table t: the table was not announced by Migrate");
}

TEST_F(PluginServiceTest, AFailedConnectionTestIsAnAnswerNotAnError) {
  pb::TestConnection::Response response;
  ASSERT_TRUE(TestConnection("", &response).ok());
  EXPECT_FALSE(response.success());
  EXPECT_EQ(response.failure_code(), "OTHER");
  EXPECT_EQ(response.failure_description(), "why");
}

TEST_F(PluginServiceTest, WhatASyncThrowsIsItsStatusAndTheNextCallIsServed) {
  ASSERT_TRUE(Init().ok());
  source_.SetSync([](const SyncRequest&, RecordSink&, const std::stop_token&) -> arrow::Status {
    throw std::bad_alloc();
  });
  EXPECT_THAT(Sync().status.error_message(), HasSubstr("out of memory"));
  source_.SetSync([](const SyncRequest&, RecordSink&, const std::stop_token&) -> arrow::Status {
    throw std::out_of_range("map::at");
  });
  EXPECT_THAT(Sync().status.error_message(), HasSubstr("unexpected error: map::at"));
  EXPECT_TRUE(Close().ok());
}

TEST_F(PluginServiceTest, WhatInitThrowsIsItsStatusWithoutTheTextThatWasParsed) {
  const std::string message = Init("not JSON").error_message();
  EXPECT_THAT(message, HasSubstr("unexpected JSON error 101"));
  EXPECT_THAT(message, testing::Not(HasSubstr("secret")));
  EXPECT_FALSE(Sync().status.ok()) << "there is no configuration";
  EXPECT_TRUE(Init().ok());
}

TEST_F(PluginServiceTest, WhatOtherCallsThrowIsTheirStatusAndTheNextCallIsServed) {
  ASSERT_TRUE(Init().ok());
  EXPECT_THAT(GetTables("x").error_message(), HasSubstr("unexpected error: too many"));
  EXPECT_TRUE(GetTables().ok());

  pb::TestConnection::Response response;
  EXPECT_THAT(TestConnection("throw", &response).error_message(),
              HasSubstr("unexpected error of unknown type"));

  source_.close_throws = true;
  EXPECT_THAT(Close().error_message(), HasSubstr("out of memory"));
  source_.close_throws = false;
  EXPECT_TRUE(Close().ok());
}

TEST_F(PluginServiceTest, ASyncThatGetsNoThreadIsAnErrorAndTheNextOneIsServed) {
  ASSERT_TRUE(Init().ok());
  {
    const base::RefuseThreads refuse;
    EXPECT_THAT(Sync().status.error_message(), HasSubstr("cannot start a thread for the sync"));
    EXPECT_TRUE(GetTables().ok());
  }
  EXPECT_TRUE(Sync().status.ok());
}

constexpr char kOddText[] = "t/\x1b[31mred\n\xff";
constexpr char kShownText[] = "t/\\x1b[31mred\\n\uFFFD";

TEST_F(PluginServiceTest, TextsThatAreNotUtf8ArriveWithReplacementCharactersAndNoControls) {
  source_.SetSync([](const SyncRequest&, RecordSink& sink, const std::stop_token&) {
    ARROW_RETURN_NOT_OK(sink.Error(kOddText, kOddText));
    return base::MakeError(base::ErrorKind::kAccess, kOddText);
  });
  ASSERT_TRUE(Init().ok());
  pb::Sync::Request request;
  request.set_witherrormessages(true);
  const Outcome outcome = Sync(request);
  EXPECT_EQ(outcome.status.error_message(), kShownText);
  ASSERT_EQ(outcome.messages.size(), 1u);
  EXPECT_EQ(outcome.messages[0].error().table_name(), kShownText);
  EXPECT_EQ(outcome.messages[0].error().error(), kShownText);

  // The fake repeats the spec, whose text is UTF-8 or gRPC would not have taken it.
  pb::TestConnection::Response response;
  ASSERT_TRUE(TestConnection("\x1b[2J", &response).ok());
  EXPECT_EQ(response.failure_description(), "why\\x1b[2J");
}

}  // namespace
}  // namespace cloudquery
