// The texts in which cursors are kept. Pure.
#pragma once

#include <string>
#include <string_view>

#include "arrow/result.h"
#include "source/state/cursor.h"

namespace source {

/// A time as base::ParseRfc3339 reads it. kCorrupt for any other text.
[[nodiscard]] arrow::Result<s3::Timestamp> ParseTime(std::string_view text);

/// Version 1 of the record, as JSON on one line:
///   {"version": 1, "shard": "1/1", "plain": "<time>",
///    "coverage": [{"prefix": "", "cursor": "<time>", "floor": "<time>", "known": "<base64>",
///                  "retry": [{"key": "a/b.parquet", "object": "<16 hex digits>",
///                             "reason": "corrupt", "attempts": 1}]}]}
/// `known` is the base64 of the hashes, 8 bytes each, big-endian, ascending.
std::string FormatRecord(const CursorRecord& record);

/// kUnsupported: another version. kCorrupt: anything else that is no valid record.
[[nodiscard]] arrow::Result<CursorRecord> ParseRecord(std::string_view text);

/// A duration as Go writes it: "24h", "1h30m", "1.5s", "0". kConfig for anything else. More than a
/// century counts as a century.
[[nodiscard]] arrow::Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);

/// ECMA-262 regular expression of what ParseDuration takes.
inline constexpr std::string_view kDurationPattern =
    "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$";

}  // namespace source
