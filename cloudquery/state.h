// State that one sync keeps for the next, stored as rows of a table at another CloudQuery plugin,
// usually the destination. The table has the columns key (utf8, primary key), value (utf8) and
// version (uint64). The plugin may append rows instead of replacing them: of several rows with one
// key, the one with the highest version counts.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "arrow/status.h"
#include "cloudquery/source.h"

namespace cloudquery {

/// Values by key. Keys and values are UTF-8 text without NUL, which some databases refuse; bytes
/// that are not valid UTF-8 are stored as base::ReplaceInvalidUtf8 gives them. Thread-safe.
class StateStore {
 public:
  virtual ~StateStore() = default;

  /// Empty: the key has no value.
  virtual std::string Get(std::string_view key) const = 0;

  /// The keys that have a value and begin with `prefix`, in ascending order.
  virtual std::vector<std::string> KeysWithPrefix(std::string_view prefix) const = 0;

  /// Keeps the value in memory until Flush. An unchanged value changes nothing.
  virtual void Set(std::string_view key, std::string value) = 0;

  /// Stores all values that were set since the last successful flush; makes no request if there
  /// are none. A value that is set meanwhile waits for the next flush. kLimit: a value is too large
  /// for a message (about 100 MiB). kTransport: the backend refused the rows, or the connection
  /// failed. The backend decides what success means: some plugins answer before the rows are safe.
  [[nodiscard]] virtual arrow::Status Flush(std::stop_token stop) = 0;

  /// Reads the table again, as it is now. Values that were set and not flushed are forgotten.
  /// Errors are those of OpenState; nothing has changed then.
  [[nodiscard]] virtual arrow::Status Reload(std::stop_token stop) = 0;

  /// The versions of the rows that another table of the same form has for a key, at the same
  /// plugin. An error: the plugin does not have the table, or cannot read it now.
  [[nodiscard]] virtual arrow::Result<std::vector<uint64_t>> VersionsIn(const std::string& table,
                                                                        std::string_view key,
                                                                        std::stop_token stop) = 0;
};

/// Opens the state in a table at another plugin: checks that the plugin speaks version 3 of the
/// protocol, creates or migrates the table, and reads all of it once. The plugin must run and be
/// configured already.
///
/// Errors name the table and the address, and say what to do. kTransport: no answer within half a
/// minute, or the connection failed. kUnsupported: the plugin cannot keep state. kCorrupt: the rows
/// are not those of a state table. kCancelled: soon after `stop` was requested.
[[nodiscard]] arrow::Result<std::unique_ptr<StateStore>> OpenState(const Backend& backend,
                                                                   std::stop_token stop);

/// The same without creating or migrating the table, for those who only look: a table that does not
/// exist is kUnsupported.
[[nodiscard]] arrow::Result<std::unique_ptr<StateStore>> OpenStateToRead(const Backend& backend,
                                                                         std::stop_token stop);

}  // namespace cloudquery
