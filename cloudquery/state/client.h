// A state table at another CloudQuery plugin, as a gRPC client of cloudquery.plugin.v3. It never
// starts, configures or closes that plugin. Thread-safe.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "base/error.h"
#include "cloudquery/ipc/record_encoder.h"
#include "cloudquery/source.h"
#include "cloudquery/state/rows.h"
#include "discovery.grpc.pb.h"
#include "plugin.grpc.pb.h"

namespace cloudquery {

/// Every error names the table and the address and says what to do. kTransport: the connection
/// failed. A call returns kCancelled soon after its `stop` was requested.
class StateClient {
 public:
  /// Does not connect yet.
  [[nodiscard]] static arrow::Result<StateClient> Make(const Backend& backend);

  /// kUnsupported: the plugin does not speak version 3 of the protocol. kTransport: no answer
  /// within half a minute.
  [[nodiscard]] arrow::Status CheckVersion(const std::stop_token& stop) const;

  /// Creates the table, or adds the columns that it lacks. kUnsupported: the plugin takes no
  /// writes.
  [[nodiscard]] arrow::Status Migrate(const std::stop_token& stop) const;

  /// Visits all rows. kUnsupported: the plugin cannot read rows back. kCorrupt: the rows are not
  /// those of a state table.
  [[nodiscard]] arrow::Status Read(const StateRowVisitor& visit, const std::stop_token& stop) const;

  /// kLimit: a row is too large for a message; then nothing is sent.
  [[nodiscard]] arrow::Status Insert(const std::vector<StateRow>& rows,
                                     const std::stop_token& stop) const;

 private:
  StateClient(Backend backend, std::shared_ptr<arrow::Schema> schema, RecordEncoder encoder)
      : backend_(std::move(backend)), schema_(std::move(schema)), encoder_(std::move(encoder)) {}

  grpc::Status Write(const std::vector<plugin::v3::Write::Request>& requests,
                     const std::stop_token& stop) const;
  arrow::Status Error(base::ErrorKind kind, const std::string& what) const;
  arrow::Status CallError(const grpc::Status& status, base::ErrorKind kind, const std::string& what,
                          const std::string& advice, const std::stop_token& stop) const;

  Backend backend_;
  std::shared_ptr<arrow::Schema> schema_;
  RecordEncoder encoder_;
  std::string schema_bytes_;
  std::unique_ptr<plugin::v3::Plugin::Stub> plugin_;
  std::unique_ptr<discovery::v1::Discovery::Stub> discovery_;
};

}  // namespace cloudquery
