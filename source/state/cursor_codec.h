// The texts in which cursors are kept. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "source/state/cursor.h"

namespace source {

/// A time as base::ParseRfc3339 reads it. kCorrupt for any other text.
[[nodiscard]] arrow::Result<s3::Timestamp> ParseTime(std::string_view text);

/// The value of a row with hashes, by its number.
using RowValue = std::function<std::string(int row)>;

/// Version 2 of the record without its hashes, as JSON on one line:
///   {"version": 2, "store": "<name>", "shard": "1/1", "plain": "<time>", "generation": 3,
///    "coverage": [{"prefix": "", "cursor": "<time>", "parts": [[0, 1000, "<16 hex digits>"]],
///                  "retry": [{"key": "a/b.parquet", "object": "<16 hex digits>",
///                             "reason": "corrupt", "attempts": 1}]}]}
/// A part is the number of a row, how many hashes of the row count, and their sum. All parts must
/// have a row. A coverage with a date in it has that as "floor".
std::string FormatRecord(const CursorRecord& record);

/// Reads version 2, and version 1, which has the hashes in it as "known". Rows that do not hold
/// what the record says are counted as lost. kUnsupported: another version. kCorrupt: anything else
/// that is no valid record.
[[nodiscard]] arrow::Result<CursorRecord> ParseRecord(std::string_view text, const RowValue& row);

}  // namespace source
