// The rows of a block of JSON Lines.
#pragma once

#include <memory>

#include "formats/format.h"
#include "formats/text/text_divider.h"
#include "formats/text/text_options.h"

namespace formats {

/// What all blocks of an object have in common. Immutable.
struct JsonTable {
  std::shared_ptr<arrow::Schema> schema;
  MalformedRow on_malformed_row = MalformedRow::kFailObject;
  bool flatten = false;
  /// Its rows are the items of an array, so lines do not tell them apart.
  bool is_array = false;
};

/// The block's whole rows in one batch; more than one where malformed rows between them are
/// skipped. kCorrupt: a line is not a JSON object, or has a key that is no column of the table; the
/// text names it.
std::unique_ptr<RowReader> ReadJsonBlock(std::shared_ptr<const JsonTable> table, TextBlock block,
                                         arrow::MemoryPool* pool);

}  // namespace formats
