// State that one sync leaves for the next, kept as rows of a table at another CloudQuery plugin,
// usually the destination. The table has the columns key (utf8, primary key), value (utf8) and
// version (uint64). The plugin need not replace a row of equal key: of several, the one with the
// highest version counts.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"
#include "cloudquery/source.h"

namespace cloudquery {

/// Values by key which one sync leaves for the next. Keys and values are UTF-8 text without NUL,
/// which not every database takes; what is not UTF-8 is kept as base::ReplaceInvalidUtf8 gives it.
/// Thread-safe.
class StateStore {
 public:
  virtual ~StateStore() = default;

  /// Empty: there is none.
  virtual std::string Get(std::string_view key) const = 0;

  /// The keys that have a value and begin with this, in ascending order.
  virtual std::vector<std::string> KeysWithPrefix(std::string_view prefix) const = 0;

  /// Keeps the value in memory until Flush. An unchanged value changes nothing.
  virtual void Set(std::string_view key, std::string value) = 0;

  /// Stores what was set since the last one; no request when nothing was. After a failure, or for a
  /// value that is set meanwhile, the next Flush stores it. kLimit: a value is too large for any
  /// message (about 100 MiB). kTransport: the backend refused or is gone. Success is what the
  /// backend says; some plugins say so before the row is safe.
  [[nodiscard]] virtual arrow::Status Flush(std::stop_token stop) = 0;
};

/// Opens the state kept in a table at another plugin (cloudquery.plugin.v3, as a client): checks
/// that it speaks version 3, creates or migrates the table, and reads all of it once. The plugin is
/// one that runs and is configured already; nothing here starts, configures or closes it.
///
/// Errors name the table and the address, and tell what to do. kTransport: nobody answers there
/// within half a minute, or the connection broke. kUnsupported: a plugin that cannot keep state.
/// kCorrupt: the rows are not those of a state table. kCancelled: soon after `stop` was requested.
[[nodiscard]] arrow::Result<std::unique_ptr<StateStore>> OpenState(const Backend& backend,
                                                                   std::stop_token stop);

}  // namespace cloudquery
