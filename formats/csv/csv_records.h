// The records of CSV: where they end, and their cells. One implementation of both, so that they
// cannot disagree about what a row is.
//
// A record ends at a line end outside of quotes; a quote opens a value only where the value begins.
// A line without any byte is no record, unless there is one column only: then it is an empty value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "formats/text/byte_masks.h"

namespace formats {

/// How one object writes its values.
struct CsvDialect {
  char delimiter = ',';
  /// 0: there is none; the same for those below.
  char quote = '"';
  char escape = 0;
  char comment = 0;
  /// '\n', with or without '\r' before it, or '\r'.
  char line_end = '\n';
  bool newlines_in_values = true;
  /// Empty lines are rows.
  bool one_column = false;
};

/// A value within a block of text.
struct CsvCell {
  uint32_t offset = 0;
  uint32_t length : 31 = 0;
  uint32_t quoted : 1 = 0;
};

/// Why a record is not valid.
enum class CsvFault : uint8_t { kNone, kTextBehindQuote, kOpenQuote };

struct CsvRecord {
  enum class Kind : uint8_t {
    kRow,
    kNothing,     // an empty line, or a comment
    kIncomplete,  // its end is not in the text
  };
  Kind kind = Kind::kRow;
  CsvFault fault = CsvFault::kNone;
  /// Behind its line end.
  size_t end = 0;
};

/// Records of a text in memory. Not thread-safe.
class CsvScanner {
 public:
  /// `text`: `size` bytes and kTextPadding more. `is_end`: no bytes follow it.
  CsvScanner(char* text, size_t size, bool is_end, const CsvDialect& dialect)
      : text_(text),
        size_(size),
        is_end_(is_end),
        dialect_(dialect),
        finder_(text, size, dialect.delimiter, dialect.line_end) {}

  /// The record that begins at `begin`, below the size. Appends its cells to `cells` unless that is
  /// null. With cells, quotes within a value are removed in the text itself, so each record can be
  /// read once.
  CsvRecord Scan(size_t begin, std::vector<CsvCell>* cells);

 private:
  struct Value {
    CsvCell cell;
    /// Where its delimiter or line end is; the size at the end of the text.
    size_t end = 0;
    CsvFault fault = CsvFault::kNone;
    bool incomplete = false;
  };

  Value Plain(size_t begin);
  Value Quoted(size_t begin, bool unescape);
  size_t EndOfQuoted(size_t begin, bool* has_escapes) const;
  uint32_t Unescape(size_t begin, size_t end);
  size_t LineEnd(size_t from) const;

  char* const text_;
  const size_t size_;
  const bool is_end_;
  const CsvDialect& dialect_;
  TwoByteFinder finder_;
};

/// How much of a text are whole records.
struct CsvExtent {
  size_t bytes = 0;
  int64_t rows = 0;
  /// Line ends within these bytes.
  int64_t lines = 0;
};

/// `text` as for CsvScanner.
CsvExtent WholeRecords(char* text, size_t size, bool is_end, const CsvDialect& dialect);

}  // namespace formats
