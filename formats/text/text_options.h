// What the spec says about objects of text: CSV and JSON Lines. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace formats {

/// How much of each object decides about the types of its columns.
enum class Inference : uint8_t {
  kSample,  // the beginning, and the end where it can be reached
  kFull,    // all of it: each object is read twice
  kText,    // nothing: every column is text
};

/// What becomes of a row whose fields do not match the columns, or that is not valid text of its
/// format.
enum class MalformedRow : uint8_t {
  kFailObject,
  kSkip,  // it is counted, and the first ones are named in a warning
};

enum class Encoding : uint8_t {
  kUtf8,  // or UTF-16, if the object begins with its byte order mark
  kUtf16,
  kLatin1,
};

enum class CompressionChoice : uint8_t {
  kAuto,  // by the first bytes of each object
  kNone,
  kGzip,
  kZstd,
  kBzip2,
  kLz4,
};

struct CsvOptions {
  /// 0: by the ending of the key (.tsv) and the first line, among , ; tab and |.
  char delimiter = 0;
  /// 0: there are no quoted values.
  char quote = '"';
  /// 0: a quote inside a quoted value is doubled.
  char escape = 0;
  /// The first line has the names of the columns.
  bool header = true;
  /// Instead of those of the header, or without one; empty: column_1 and so on.
  std::vector<std::string> column_names;
  /// Lines before the header.
  int64_t skip_rows = 0;
  /// Lines that begin with it are no rows; 0: none are.
  char comment = 0;
  /// Values that are null unless they are quoted.
  std::vector<std::string> null_values = {"", "NULL", "\\N"};
  /// A quoted value may go over line ends.
  bool newlines_in_values = true;

  bool operator==(const CsvOptions&) const = default;
};

struct TextOptions {
  CsvOptions csv;
  Encoding encoding = Encoding::kUtf8;
  CompressionChoice compression = CompressionChoice::kAuto;
  Inference infer = Inference::kSample;
  MalformedRow on_malformed_row = MalformedRow::kFailObject;
  /// Of JSON: nested objects become columns a_b.
  bool flatten = false;

  bool operator==(const TextOptions&) const = default;
};

}  // namespace formats
