// The interface of a CloudQuery source plugin, without the protocol: implement Source, pass it to
// RunPlugin (cloudquery/server/command_line.h), and the CLI can drive it.
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
  /// The source's own `spec`, as JSON. Empty, `null` and `{}` all mean that there is none.
  std::string spec_json;
  /// The CLI needs only tables or documentation. `cloudquery tables` and `migrate` set it, and pass
  /// the real spec too.
  bool no_connection = false;
  std::string invocation_id;
};

/// One part of a sync that is divided among several processes. num counts from 1.
struct Shard {
  int num = 1;
  int total = 1;
};

/// The table at another plugin where a sync keeps its state.
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

/// Receives the records of a sync. Thread-safe. Calls block while the client reads more slowly than
/// the source sends. Once the sync is cancelled they return kCancelled.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  /// Announces a table. All tables are announced before the first Insert, parents before children.
  [[nodiscard]] virtual arrow::Status Migrate(const Table& table) = 0;

  /// Announces an announced table once more, unchanged. Destinations then store the rows of it that
  /// they keep back to store many at once.
  [[nodiscard]] virtual arrow::Status MigrateAgain(std::string_view table) = 0;

  /// Sends rows of an announced table, with its columns in the announced order. They are cut into
  /// records of at most `max_rows` rows, and of a size that every client takes.
  [[nodiscard]] virtual arrow::Status Insert(std::string_view table, const arrow::RecordBatch& rows,
                                             int64_t max_rows) = 0;

  /// Blocks until the stream has taken everything that was sent.
  [[nodiscard]] virtual arrow::Status Drain() = 0;

  /// Reports a failure that does not end the sync. The CLI counts it, if it understands such
  /// messages.
  [[nodiscard]] virtual arrow::Status Error(std::string_view table, std::string_view message) = 0;
};

/// The result of a connection test.
struct ConnectionTest {
  bool success = false;
  /// An upper-case word, e.g. ACCESS_DENIED; empty on success.
  std::string failure_code;
  /// What failed, and what to do about it.
  std::string failure_description;
};

/// Name and version of a plugin.
struct PluginInfo {
  std::string name;
  std::string team;
  /// "v1.2.3", or "development".
  std::string version;
  std::string title;
  /// The file that is published. That of this process, unless a launcher started it.
  std::string executable = "/proc/self/exe";
  /// The folder with the pages for CloudQuery's hub, in the project directory.
  std::string hub_docs = "docs";
};

/// A source. The SDK calls Init, Tables, Sync and Close one at a time. TestConnection may be called
/// at any time. The user sees only the message of a failed status.
class Source {
 public:
  virtual ~Source() = default;

  /// JSON Schema (draft 2020-12) of the spec.
  virtual std::string SpecSchema() const = 0;

  /// Checks the spec and opens nothing. May be called again with another spec.
  [[nodiscard]] virtual arrow::Status Init(const InitRequest& request) = 0;

  /// The tables that the filter selects, parents first.
  [[nodiscard]] virtual arrow::Result<std::vector<Table>> Tables(const TableFilter& filter,
                                                                 std::stop_token stop) = 0;

  /// Sends all tables, then all rows. Returns when no thread of the source uses `sink` any more,
  /// and within a second once `stop` is requested. After a failed status, the CLI deletes no stale
  /// rows.
  [[nodiscard]] virtual arrow::Status Sync(const SyncRequest& request, RecordSink& sink,
                                           std::stop_token stop) = 0;

  /// Needs no Init. A failed status means that the test itself failed, not the connection.
  [[nodiscard]] virtual arrow::Result<ConnectionTest> TestConnection(std::string_view spec_json,
                                                                     std::stop_token stop) = 0;

  /// Closes connections. Init may follow.
  [[nodiscard]] virtual arrow::Status Close() = 0;
};

}  // namespace cloudquery
