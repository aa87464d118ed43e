// Values by key with a version each, as they are in a state table and as they will be after the
// next flush. A value; not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cloudquery/state/rows.h"

namespace cloudquery {

class VersionedCache {
 public:
  /// A row that the table holds. Of several with one key the highest version counts, and of equal
  /// versions the row that is loaded last.
  void Load(StateRow row);

  /// Empty: there is no value.
  std::string Get(std::string_view key) const;

  /// The keys that have a value and begin with `prefix`, in ascending order.
  std::vector<std::string> KeysWithPrefix(std::string_view prefix) const;

  /// Raises the key's version by one if the value differs.
  void Set(std::string_view key, std::string value);

  /// The rows that the table does not hold yet, by key.
  std::vector<StateRow> UnsavedRows() const;

  /// The table holds these rows of UnsavedRows() now. A value that was set since stays unsaved.
  void MarkSaved(const std::vector<StateRow>& rows);

 private:
  struct Entry {
    std::string value;
    uint64_t version = 0;
    uint64_t saved_version = 0;
  };
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace cloudquery
