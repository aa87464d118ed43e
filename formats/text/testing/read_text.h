// Reads whole objects of text through the format interface, for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/table.h"
#include "formats/format.h"

namespace formats {

struct ReadText {
  std::shared_ptr<arrow::Table> rows;
  /// "v@line 3=text", for each value that does not fit its column `v`.
  std::vector<std::string> misfits;
  /// Position of each row.
  std::vector<int64_t> positions;
  SkippedRows skipped;
};

/// The object `key`, whose types its own values decide, or those of `known`. Small blocks are read
/// with small `batch_bytes`.
[[nodiscard]] arrow::Result<ReadText> ReadTextObject(const Format& format, std::string_view key,
                                                     const std::string& content,
                                                     const KnownColumns& known = {},
                                                     int64_t batch_bytes = int64_t{4} << 20,
                                                     int64_t memory_bytes = int64_t{256} << 20);

/// A cell as text; "null" for null.
std::string CellOf(const arrow::Table& table, int column, int64_t row);

}  // namespace formats
