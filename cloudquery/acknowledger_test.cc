#include "cloudquery/acknowledger.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "arrow/array.h"
#include "base/error.h"
#include "base/testing.h"

namespace cloudquery {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using std::chrono::milliseconds;

constexpr char kMarkers[] = "state_checkpoints";

// The CLI and a destination that is the state backend too. Inserts wait in the CLI until the
// backend is read, while announcements pass them; the destination keeps rows back by table.
class Peers final : public RecordSink, public StateStore {
 public:
  arrow::Status Migrate(const Table& table) override {
    if (migrations) tables_[table.name];
    return arrow::Status::OK();
  }
  arrow::Status MigrateAgain(std::string_view table) override {
    Table_& stored = tables_[std::string(table)];
    stored.stored.insert(stored.waiting.begin(), stored.waiting.end());
    stored.waiting.clear();
    return arrow::Status::OK();
  }
  arrow::Status Insert(std::string_view table, const arrow::RecordBatch& rows, int64_t) override {
    if (!migrations) return arrow::Status::Invalid("there is no table ", table);
    const auto& keys = static_cast<const arrow::StringArray&>(*rows.column(0));
    const auto& versions = static_cast<const arrow::UInt64Array&>(*rows.column(2));
    in_cli_.push_back({std::string(table), {keys.GetString(0), versions.Value(0)}});
    ++inserts;
    return arrow::Status::OK();
  }
  arrow::Status Drain() override { return arrow::Status::OK(); }
  arrow::Status Error(std::string_view, std::string_view) override { return arrow::Status::OK(); }

  arrow::Result<std::vector<uint64_t>> VersionsIn(const std::string& table, std::string_view key,
                                                  std::stop_token) override {
    if (++reads % 3 == 1) return arrow::Status::IOError("plugin already in use");
    Relay();
    std::vector<uint64_t> versions;
    if (knows_all_tables) return versions;
    const auto found = tables_.find(table);
    if (found == tables_.end()) return arrow::Status::KeyError("does not exist");
    for (const auto& [row, version] : found->second.stored) {
      if (row == key) versions.push_back(version);
    }
    return versions;
  }
  std::string Get(std::string_view) const override { return ""; }
  std::vector<std::string> KeysWithPrefix(std::string_view) const override { return {}; }
  void Set(std::string_view, std::string) override {}
  arrow::Status Flush(std::stop_token) override { return arrow::Status::OK(); }
  arrow::Status Reload(std::stop_token) override { return arrow::Status::OK(); }

  void Send(const std::string& table, uint64_t n) { in_cli_.push_back({table, {"row", n}}); }
  size_t StoredIn(const std::string& table) { return tables_[table].stored.size(); }

  bool migrations = true;
  bool knows_all_tables = false;
  bool hangs = false;
  int inserts = 0;
  int reads = 0;

 private:
  using Row = std::pair<std::string, uint64_t>;
  struct Table_ {
    std::vector<Row> waiting;
    std::set<Row> stored;
  };

  void Relay() {
    if (in_cli_.empty() || hangs) return;
    auto& [table, row] = in_cli_.front();
    tables_[table].waiting.push_back(row);
    in_cli_.pop_front();
  }

  std::map<std::string, Table_> tables_;
  std::deque<std::pair<std::string, Row>> in_cli_;
};

AcknowledgerOptions Options() {
  return {.table = kMarkers,
          .key = "s3/b/1-of-1",
          .table_patience = milliseconds(300),
          .new_patience = milliseconds(2000),
          .known_patience = milliseconds(2000),
          .marker_patience = milliseconds(10'000)};
}

TEST(Acknowledger, ConfirmsOnlyWhenAllRowsOfAllTablesAreStoredThoughAnnouncementsOvertakeThem) {
  Peers peers;
  Acknowledger acknowledger(peers, peers, Options());
  ASSERT_THAT(peers.Migrate({.name = "t"}), IsOk());
  ASSERT_THAT(peers.Migrate({.name = "u"}), IsOk());
  ASSERT_THAT(acknowledger.Announce({}), IsOk());
  ASSERT_THAT(acknowledger.Probe({}), IsOk());
  const std::vector<std::string> tables = {"t", "u"};
  for (uint64_t round = 1; round <= 3; ++round) {
    for (uint64_t n = 0; n < 7; ++n) peers.Send(n % 2 == 0 ? "t" : "u", 10 * round + n);
    ASSERT_THAT(acknowledger.Confirm(tables, {}), IsOk());
    EXPECT_EQ(peers.StoredIn("t"), 4 * round);
    EXPECT_EQ(peers.StoredIn("u"), 3 * round);
  }
}

TEST(Acknowledger, SendsNoMarkerToATableThatIsNotThere) {
  Peers peers;
  peers.migrations = false;
  Acknowledger acknowledger(peers, peers, Options());
  ASSERT_THAT(acknowledger.Announce({}), IsOk());
  EXPECT_THAT(acknowledger.Probe({}), IsError(ErrorKind::kUnsupported));
  EXPECT_EQ(peers.inserts, 0);
}

TEST(Acknowledger, ABackendThatAnswersForEveryTableIsNotUsed) {
  Peers peers;
  peers.knows_all_tables = true;
  peers.reads = 1;  // so that none of the next two is refused
  Acknowledger acknowledger(peers, peers, Options());
  EXPECT_THAT(acknowledger.Announce({}), IsError(ErrorKind::kUnsupported));
}

TEST(Acknowledger, ADestinationThatHangsEndsItsPatience) {
  Peers peers;
  peers.hangs = true;
  auto options = Options();
  options.new_patience = options.known_patience = milliseconds(50);
  Acknowledger acknowledger(peers, peers, options);
  ASSERT_THAT(acknowledger.Announce({}), IsOk());
  EXPECT_THAT(acknowledger.Probe({}), IsError(ErrorKind::kUnsupported));
}

TEST(Acknowledger, ACancellationEndsItsWait) {
  Peers peers;
  Acknowledger acknowledger(peers, peers, Options());
  ASSERT_THAT(acknowledger.Announce({}), IsOk());
  ASSERT_THAT(acknowledger.Probe({}), IsOk());
  peers.hangs = true;
  std::stop_source stop;
  std::jthread other([&] {
    std::this_thread::sleep_for(milliseconds(30));
    stop.request_stop();
  });
  EXPECT_THAT(acknowledger.Confirm({}, stop.get_token()), IsError(ErrorKind::kCancelled));
}

}  // namespace
}  // namespace cloudquery
