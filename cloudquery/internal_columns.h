// The names of the columns that CloudQuery itself puts into tables. Constants only.
#pragma once

#include <array>
#include <string_view>

namespace cloudquery {

/// Made by the source: id of the row, and the `_cq_id` of its parent row.
inline constexpr std::string_view kCqId = "_cq_id";
inline constexpr std::string_view kCqParentId = "_cq_parent_id";

/// Made by the CLI. It keeps a source's values where a source sends one of these names, and stale
/// deletion then goes by them, so a source must not.
inline constexpr std::string_view kCqSyncTime = "_cq_sync_time";
inline constexpr std::string_view kCqSourceName = "_cq_source_name";
inline constexpr std::string_view kCqSyncGroupId = "_cq_sync_group_id";

/// The names that no column of the data may take.
inline constexpr std::array kInternalColumns = {kCqId, kCqParentId, kCqSyncTime, kCqSourceName,
                                                kCqSyncGroupId};

/// A column that the CLI adds to every record on its own.
constexpr bool IsMadeByCli(std::string_view name) {
  return name == kCqSyncTime || name == kCqSourceName || name == kCqSyncGroupId;
}

/// A column of row ids.
constexpr bool IsRowId(std::string_view name) { return name == kCqId || name == kCqParentId; }

}  // namespace cloudquery
