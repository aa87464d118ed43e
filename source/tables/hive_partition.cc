#include "source/tables/hive_partition.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"

namespace source {
namespace {

constexpr std::string_view kNullValue = "__HIVE_DEFAULT_PARTITION__";

// A percent sign without two hex digits behind it stands for itself.
std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? base::HexDigitValue(text[i + 1]) : -1;
    const int low = high >= 0 ? base::HexDigitValue(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(16 * high + low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return base::ReplaceInvalidUtf8(decoded);
}

// Calls `take` with each folder of the key.
template <class Take>
void ForEachFolder(std::string_view key, Take take) {
  for (size_t slash; (slash = key.find('/')) != std::string_view::npos;) {
    take(key.substr(0, slash));
    key.remove_prefix(slash + 1);
  }
}

void Put(PathValue partition, std::vector<PathValue>* partitions) {
  const auto known = std::ranges::find_if(*partitions, [&](const PathValue& other) {
    return base::EqualsIgnoringAsciiCase(other.name, partition.name);
  });
  if (known == partitions->end()) {
    partitions->push_back(std::move(partition));
  } else {
    known->value = std::move(partition.value);
  }
}

}  // namespace

bool IsHivePartition(std::string_view folder) {
  const size_t equals = folder.find('=');
  return equals != std::string_view::npos && equals > 0;
}

bool HasHivePartition(std::string_view key) {
  bool found = false;
  if (key.find('=') == std::string_view::npos) return false;
  ForEachFolder(key, [&](std::string_view folder) { found = found || IsHivePartition(folder); });
  return found;
}

std::vector<PathValue> HivePartitionsOf(std::string_view key) {
  std::vector<PathValue> partitions;
  ForEachFolder(key, [&](std::string_view folder) {
    if (!IsHivePartition(folder)) return;
    const size_t equals = folder.find('=');
    const std::string_view value = folder.substr(equals + 1);
    PathValue partition{.name = PercentDecoded(folder.substr(0, equals))};
    if (value != kNullValue) partition.value = PercentDecoded(value);
    Put(std::move(partition), &partitions);
  });
  return partitions;
}

std::string FolderWithoutPartitions(std::string_view key) {
  std::string rest;
  bool first = true;
  ForEachFolder(key, [&](std::string_view folder) {
    if (IsHivePartition(folder)) return;
    if (!first) rest += '/';
    first = false;
    rest += folder;
  });
  return rest;
}

}  // namespace source
