// A look at a footer before the Parquet library builds objects of it: what takes hundreds of bytes
// then may take three in the file. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "arrow/result.h"

namespace formats {

/// Where the row groups of a footer are, in bytes from its start.
struct FooterOutline {
  struct RowGroup {
    size_t begin = 0;
    size_t end = 0;
    /// Rough size of the objects that the library makes of it.
    int64_t heap_bytes = 0;
  };

  /// The list of row groups: its header and its items. Both 0 if there is none.
  size_t list_begin = 0;
  size_t list_end = 0;
  std::vector<RowGroup> row_groups;
};

/// `footer`: a FileMetaData in Thrift's compact protocol (apache/parquet-format, parquet.thrift).
/// kCorrupt when it is not one, when it ends too early, or when what the library would make of it
/// is out of all proportion to its size.
[[nodiscard]] arrow::Result<FooterOutline> OutlineFooter(std::span<const uint8_t> footer);

}  // namespace formats
