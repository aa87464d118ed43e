// Where the records of JSON end: lines, or the items of one array.
#pragma once

#include <cstddef>
#include <string_view>

#include "arrow/result.h"
#include "formats/csv/csv_records.h"

namespace formats {

/// Whether the text is one array of records rather than lines.
bool IsJsonArray(std::string_view text);

/// Whether the line has nothing but white space.
bool IsBlank(std::string_view line);

/// How much of the text are whole lines. Blank lines are no rows.
CsvExtent WholeLines(const char* text, size_t size, bool is_end);

/// Divides an array into its items. Not thread-safe.
class JsonArrayItems {
 public:
  /// How much of the text are whole items; it follows what was found before. Changes the text so
  /// that each item is a line. kCorrupt: it is not an array, or other text follows it.
  [[nodiscard]] arrow::Result<CsvExtent> Find(char* text, size_t size, bool is_end);

 private:
  enum class State : uint8_t { kBeforeArray, kBeforeFirst, kBeforeItem, kBehindItem, kBehindArray };
  /// What stands between items. True: an item begins at `at`.
  arrow::Result<bool> Between(char* text, size_t size, size_t* at);

  State state_ = State::kBeforeArray;
};

}  // namespace formats
