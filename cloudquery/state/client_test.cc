#include "cloudquery/state/client.h"

#include <gtest/gtest.h>

#include <thread>

#include "arrow/util/key_value_metadata.h"
#include "cloudquery/testing/state_testing.h"

namespace cloudquery {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using StateClientTest = StateTest;

TEST_F(StateClientTest, MigratesTheTableAloneAndReadsItByTheSameSchema) {
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

TEST_F(StateClientTest, ReadsAllBatchesOfAMessage) {
  destination_.SetRows({{"a", "1", 1}, {"b", "2", 1}, {"c", "3", 1}});
  destination_.SetAnswer([](const StoredRows& rows) {
    return std::vector<arrow::RecordBatchVector>{
        {ToBatch({rows[0]}), ToBatch({}), ToBatch({rows[1], rows[2]})}};
  });
  const auto state = *Open();
  EXPECT_EQ(state->Get("a") + state->Get("b") + state->Get("c"), "123");
}

TEST_F(StateClientTest, TakesTheTypesThatADatabaseMayMakeOfIt) {
  destination_.SetRows({{"a", "1", 4}});
  destination_.SetAnswer([](const StoredRows& rows) {
    return std::vector<arrow::RecordBatchVector>{
        {BatchAs<arrow::LargeStringBuilder, arrow::Int64Builder>(rows)},
        {BatchAs<arrow::StringViewBuilder, arrow::UInt64Builder>({{"b", "2", 1}})}};
  });
  const auto state = *Open();
  EXPECT_EQ(state->Get("a") + state->Get("b"), "12");
}

TEST_F(StateClientTest, OtherColumnsAreAnError) {
  destination_.SetRows({{"a", "1", 4}});
  destination_.SetAnswer([](const StoredRows& rows) {
    return std::vector<arrow::RecordBatchVector>{
        {BatchAs<arrow::StringBuilder, arrow::DoubleBuilder>(rows)}};
  });
  auto state = Open();
  EXPECT_THAT(state, IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(
      state,
      HasMessage(Prefix() + "its rows are not sync state: column \"version\" has the type double; "
                            "use another table in backend_options"));

  destination_.SetAnswer([](const StoredRows& rows) {
    return std::vector<arrow::RecordBatchVector>{{*ToBatch(rows)->RemoveColumn(2)}};
  });
  state = Open();
  EXPECT_THAT(state, IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(state.status().message(), HasSubstr("it has 2 columns, not key, value and version"));
}

TEST_F(StateClientTest, AMessageMayBeLargerThanGrpcTakesByDefault) {
  const std::string large(size_t{9} * 1024 * 1024, 'x');
  destination_.SetRows({{"a", large, 1}});
  const auto state = *Open();
  EXPECT_EQ(state->Get("a"), large);
}

TEST_F(StateClientTest, ALargeFlushIsOneStreamOfSeveralRecords) {
  const std::string large(size_t{7} * 1024 * 1024, 'x');
  const auto state = *Open();
  for (const char* key : {"a", "b", "c", "d"}) state->Set(key, large);
  ASSERT_THAT(state->Flush({}), IsOk());
  ASSERT_EQ(Flushes().size(), 1u);
  EXPECT_EQ(Flushes()[0].inserts.size(), 2u);
  EXPECT_EQ(destination_.rows().size(), 4u);
}

TEST_F(StateClientTest, AValueTooLargeForAMessageIsAnErrorAndStoresNothing) {
  const auto state = *Open();
  state->Set("a", "1");
  state->Set("b", std::string(size_t{101} * 1024 * 1024, 'x'));
  EXPECT_THAT(state->Flush({}), IsError(ErrorKind::kLimit));
  EXPECT_THAT(destination_.rows(), IsEmpty());
}

TEST_F(StateClientTest, ADestinationThatCannotReadBackIsAnErrorThatSaysSo) {
  destination_.SetReadHook([](grpc::ServerContext*) {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "method Read not implemented");
  });
  const auto state = Open();
  EXPECT_THAT(state, IsError(ErrorKind::kUnsupported));
  EXPECT_THAT(
      state,
      HasMessage(Prefix() + "this destination cannot keep state: it failed to read the table back: "
                            "method Read not implemented; use another destination in "
                            "backend_options"));
}

TEST_F(StateClientTest, ABrokenConnectionIsNotTakenForAnUnfitDestination) {
  destination_.SetReadHook(
      [](grpc::ServerContext*) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"); });
  EXPECT_THAT(Open(), IsError(ErrorKind::kTransport));
}

TEST_F(StateClientTest, ACancelledReadEndsThoughTheDestinationHangs) {
  destination_.SetReadHook(Hang);
  std::stop_source stop;
  const std::jthread canceller([&] {
    while (destination_.read_tables().empty()) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_THAT(Open(stop.get_token()), IsError(ErrorKind::kCancelled));
}

TEST_F(StateClientTest, StoppedBeforehandNothingIsAsked) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(Open(stop.get_token()), IsError(ErrorKind::kCancelled));
  EXPECT_THAT(destination_.writes(), IsEmpty());
}

TEST(StateClientFaults, APluginOfAnotherVersionIsAnErrorBeforeAnyWrite) {
  const Backend backend{.table_name = "cq_state", .connection = SocketAddress()};
  FakeDestination destination;
  FakeDiscovery discovery({1, 2, 4});
  const Listener listener(backend.connection, {&destination, &discovery});
  const auto state = OpenState(backend, {});
  EXPECT_THAT(state, IsError(ErrorKind::kUnsupported));
  EXPECT_THAT(state.status().message(), HasSubstr("does not speak version 3"));
  EXPECT_THAT(destination.writes(), IsEmpty());
}

TEST(StateClientFaults, APluginThatTakesNoWritesIsUnfit) {
  const Backend backend{.table_name = "cq_state", .connection = SocketAddress()};
  plugin::v3::Plugin::Service source;  // implements nothing
  FakeDiscovery discovery({3});
  const Listener listener(backend.connection, {&source, &discovery});
  EXPECT_THAT(OpenState(backend, {}), IsError(ErrorKind::kUnsupported));
}

TEST(StateClientFaults, AnAddressWithoutAServerIsAnErrorThatNamesTheOption) {
  const Backend backend{.table_name = "cq_state", .connection = SocketAddress()};
  const auto state = OpenState(backend, {});
  EXPECT_THAT(state, IsError(ErrorKind::kTransport));
  EXPECT_THAT(state.status().message(), HasSubstr("state table \"cq_state\" at unix://"));
  EXPECT_THAT(state.status().message(), HasSubstr("backend_options.connection is right"));
}

}  // namespace
}  // namespace cloudquery
