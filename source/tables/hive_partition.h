// Folders that are columns: `dt=2024-01-01/`, as Hive, Spark and Athena write them. Pure functions;
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace source {

/// A column whose value follows from an object's key. Null: no value.
struct PathValue {
  std::string name;
  std::optional<std::string> value;

  bool operator==(const PathValue&) const = default;
};

/// Whether a folder, without its slash, is a partition: a name and `=`.
bool IsHivePartition(std::string_view folder);

/// Whether any folder of the key is one. The file name does not count.
bool HasHivePartition(std::string_view key);

/// The partitions of a key in the order of its folders, names and values percent-decoded, invalid
/// UTF-8 replaced. `__HIVE_DEFAULT_PARTITION__` is null. Of a name that comes again, whatever its
/// case, the last value is taken.
std::vector<PathValue> HivePartitionsOf(std::string_view key);

/// The key's folder, without the last slash and without the folders that are partitions.
std::string FolderWithoutPartitions(std::string_view key);

}  // namespace source
