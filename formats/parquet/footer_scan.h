// A look at a footer before the Parquet library builds objects of it: what takes hundreds of bytes
// then may take three in the file. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <span>

#include "arrow/status.h"

namespace formats {

/// `footer`: a FileMetaData in Thrift's compact protocol (apache/parquet-format, parquet.thrift).
/// kCorrupt when it is not one, when it ends too early, or when what the library would make of it
/// is out of all proportion to its size.
[[nodiscard]] arrow::Status CheckFooter(std::span<const uint8_t> footer);

}  // namespace formats
