// Columns of Arrow from cells of text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/memory_pool.h"
#include "arrow/result.h"
#include "formats/csv/csv_records.h"
#include "formats/format.h"

namespace formats {

/// The texts that are null unless they are quoted. Immutable; thread-safe.
class NullTexts {
 public:
  explicit NullTexts(std::vector<std::string> texts);

  bool Has(std::string_view text) const {
    // Most lengths are those of no null.
    if (text.size() < 64 && (lengths_ >> text.size() & 1) == 0) return false;
    return Find(text);
  }

 private:
  bool Find(std::string_view text) const;

  std::vector<std::string> texts_;
  uint64_t lengths_ = 0;
};

/// One column of a table of cells.
struct CellColumn {
  const char* text = nullptr;
  /// The cell of the first row, and how many cells there are from one row to the next.
  const CsvCell* first = nullptr;
  size_t stride = 1;
  int64_t rows = 0;
  const NullTexts* nulls = nullptr;

  std::string_view at(int64_t row) const {
    const CsvCell& cell = first[static_cast<size_t>(row) * stride];
    return {text + cell.offset, cell.length};
  }
  bool is_null(int64_t row) const {
    const CsvCell& cell = first[static_cast<size_t>(row) * stride];
    return cell.quoted == 0 && nulls->Has({text + cell.offset, cell.length});
  }
};

struct TextColumn {
  std::shared_ptr<arrow::Array> values;
  /// Of utf8; its rows are empty where all cells fit.
  Misfits misfits;
};

/// `type` is one of those that TypeGuess gives, but not null.
[[nodiscard]] arrow::Result<TextColumn> BuildColumn(const CellColumn& cells,
                                                    const arrow::DataType& type,
                                                    arrow::MemoryPool* pool);

}  // namespace formats
