// What a CloudQuery source plugin is, apart from the protocol: implement Source, hand it to
// RunPlugin (cloudquery/server/serve.h), and the CLI can drive it.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "cloudquery/table.h"
#include "cloudquery/table_filter.h"

namespace cloudquery {

struct InitRequest {
  /// The source's own `spec`, as JSON; empty, `null` and `{}` mean the same: nothing was given.
  std::string spec_json;
  /// The CLI only wants to know tables or documentation. `cloudquery tables` and `migrate` set it
  /// and pass the real spec all the same.
  bool no_connection = false;
  std::string invocation_id;
};

/// A part of a sync that is spread over several processes; num counts from 1.
struct Shard {
  int num = 1;
  int total = 1;
};

/// Where a sync keeps its state: a table at another plugin.
struct Backend {
  std::string table_name;
  /// A gRPC target.
  std::string connection;
};

struct SyncRequest {
  TableFilter filter;
  bool deterministic_cq_id = false;
  std::optional<Backend> backend;
  std::optional<Shard> shard;
};

/// Where a sync's records go. Thread-safe. Calls block while the receiver is behind; once the sync
/// is cancelled they return kCancelled.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  /// Announces a table. All tables are announced before the first Insert, parents before children.
  [[nodiscard]] virtual arrow::Status Migrate(const Table& table) = 0;

  /// Rows of an announced table, its columns in the announced order. Cut into records of at most
  /// `max_rows` rows (and of a size that every peer takes).
  [[nodiscard]] virtual arrow::Status Insert(std::string_view table, const arrow::RecordBatch& rows,
                                             int64_t max_rows) = 0;

  /// Blocks until all that was handed in is with the stream.
  [[nodiscard]] virtual arrow::Status Drain() = 0;

  /// Reports a failure that does not end the sync; counted by the CLI, if it understands such
  /// messages.
  [[nodiscard]] virtual arrow::Status Error(std::string_view table, std::string_view message) = 0;
};

/// The outcome of a connection test.
struct ConnectionTest {
  bool success = false;
  /// Upper-case word, e.g. ACCESS_DENIED; empty on success.
  std::string failure_code;
  /// What failed and what to do about it.
  std::string failure_description;
};

/// What a plugin says of itself.
struct PluginInfo {
  std::string name;
  std::string team;
  /// "v1.2.3", or "development".
  std::string version;
  std::string title;
};

/// A source. The SDK calls one of Init, Sync and Close at a time; Tables and TestConnection may
/// come at any time. A failed status is shown to the user as its message alone.
class Source {
 public:
  virtual ~Source() = default;

  /// JSON Schema (draft 2020-12) of the spec.
  virtual std::string SpecSchema() const = 0;

  /// Checks the spec; opens nothing. May come again, with another spec.
  [[nodiscard]] virtual arrow::Status Init(const InitRequest& request) = 0;

  /// The tables that the filter takes, parents first.
  [[nodiscard]] virtual arrow::Result<std::vector<Table>> Tables(const TableFilter& filter,
                                                                 std::stop_token stop) = 0;

  /// Sends all tables, then all rows. Returns only when no thread of it uses `sink` any more, and
  /// within a second once `stop` is requested. A failed status keeps the CLI from deleting stale
  /// rows.
  [[nodiscard]] virtual arrow::Status Sync(const SyncRequest& request, RecordSink& sink,
                                           std::stop_token stop) = 0;

  /// Needs no Init. A failed status means that the test itself could not be made.
  [[nodiscard]] virtual arrow::Result<ConnectionTest> TestConnection(std::string_view spec_json,
                                                                     std::stop_token stop) = 0;

  /// Lets go of connections. Init may follow.
  [[nodiscard]] virtual arrow::Status Close() = 0;
};

}  // namespace cloudquery
