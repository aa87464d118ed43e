// The rows of a block of CSV.
#pragma once

#include <memory>
#include <vector>

#include "formats/csv/csv_records.h"
#include "formats/format.h"
#include "formats/text/text_column.h"
#include "formats/text/text_divider.h"
#include "formats/text/text_options.h"

namespace formats {

/// What all blocks of an object have in common. Immutable.
struct CsvTable {
  CsvDialect dialect;
  std::shared_ptr<arrow::Schema> schema;
  NullTexts nulls;
  MalformedRow on_malformed_row = MalformedRow::kFailObject;
};

/// The block's whole rows in one batch; more than one where malformed rows between them are
/// skipped. kCorrupt: a row is malformed; the text names its line.
std::unique_ptr<RowReader> ReadCsvBlock(std::shared_ptr<const CsvTable> table, TextBlock block,
                                        arrow::MemoryPool* pool);

}  // namespace formats
