// Which column a row group cannot be decoded for. The Parquet library decodes all columns of a
// batch in one call and does not say which of them failed.
#pragma once

#include <cstdint>
#include <optional>

#include "arrow/status.h"
#include "formats/parquet/file_contents.h"

namespace formats {

/// The first leaf column that cannot be decoded when it is read by itself, up to `rows` rows in
/// batches of `batch_rows`; nothing when none fails, when memory is short, or on options.stop.
/// Reads the row group again, so it is for failures only.
std::optional<int> FindFailedLeaf(const ContentsContext& context, int64_t rows, int64_t batch_rows);

/// "row group 0, column a.b" for messages; the column is left out when it is not known.
std::string WhereInFile(const parquet::FileMetaData& metadata, int row_group,
                        std::optional<int> leaf);

}  // namespace formats
