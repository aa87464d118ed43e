// The beginning of a CSV object: how it writes its values, and what its columns are called.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "formats/csv/csv_records.h"
#include "formats/text/text_object.h"
#include "formats/text/text_options.h"

namespace formats {

struct CsvHead {
  CsvDialect dialect;
  std::vector<std::string> columns;
  /// Where the first row is, and how many line ends are before it.
  size_t rows_begin = 0;
  int64_t lines_before = 0;
  /// The sample ends before the header does, so nothing above is known.
  bool incomplete = false;
};

/// `key` is without the ending of a compression. Changes the sample's bytes up to `rows_begin`.
/// kCorrupt: it is not text, or its first line is not valid.
[[nodiscard]] arrow::Result<CsvHead> FindCsvHead(std::string_view key, TextSample* sample,
                                                 const CsvOptions& options);

/// The sentence on a record that is not as it must be.
std::string CsvFaultText(CsvFault fault);

}  // namespace formats
