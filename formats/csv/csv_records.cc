#include "formats/csv/csv_records.h"

#include <algorithm>
#include <cstring>

namespace formats {
namespace {

// What one look at a text tells.
struct Survey {
  int64_t line_ends = 0;
  bool has_quote = false;
  bool has_empty_line = false;
};

uint64_t Valid(size_t bytes) { return bytes >= 64 ? ~uint64_t{0} : (uint64_t{1} << bytes) - 1; }

Survey Look(const char* text, size_t size, const CsvDialect& dialect) {
  Survey survey;
  // Whether the byte before, and the one before that, ended a line. The text begins a line.
  uint64_t ended = 1, ended_before = 0, returned = 0;
  for (size_t at = 0; at < size; at += 64) {
    const uint64_t valid = Valid(size - at);
    const uint64_t ends = MaskOf(text + at, dialect.line_end) & valid;
    const uint64_t returns = MaskOf(text + at, '\r') & valid;
    const uint64_t behind_end = ends << 1 | ended;
    const uint64_t behind_return = returns << 1 | returned;
    const uint64_t two_behind_end = behind_end << 1 | ended_before;
    if (dialect.quote != 0 && (MaskOf(text + at, dialect.quote) & valid) != 0) {
      survey.has_quote = true;
      return survey;
    }
    survey.line_ends += std::popcount(ends);
    if ((ends & (behind_end | (behind_return & two_behind_end))) != 0) survey.has_empty_line = true;
    ended_before = behind_end >> 63;
    ended = ends >> 63;
    returned = returns >> 63;
  }
  return survey;
}

}  // namespace

size_t CsvScanner::LineEnd(size_t from) const {
  const void* found = std::memchr(text_ + from, dialect_.line_end, size_ - from);
  return found == nullptr ? size_ : static_cast<size_t>(static_cast<const char*>(found) - text_);
}

CsvScanner::Value CsvScanner::Plain(size_t begin) {
  Value value{.end = finder_.Next(begin)};
  size_t length = value.end - begin;
  const bool ends_line = value.end == size_ || text_[value.end] == dialect_.line_end;
  if (ends_line && dialect_.line_end == '\n' && length > 0 && text_[value.end - 1] == '\r') {
    --length;
  }
  value.cell.offset = static_cast<uint32_t>(begin);
  value.cell.length = static_cast<uint32_t>(length);
  value.incomplete = value.end == size_ && !is_end_;
  return value;
}

// The position of the quote that closes the value; the size if there is none.
size_t CsvScanner::EndOfQuoted(size_t begin, bool* has_escapes) const {
  size_t limit = size_;
  if (!dialect_.newlines_in_values) limit = LineEnd(begin);
  for (size_t at = begin; at < limit;) {
    const char* const from = text_ + at;
    const void* found = std::memchr(from, dialect_.quote, limit - at);
    const size_t quote =
        found == nullptr ? limit : static_cast<size_t>(static_cast<const char*>(found) - text_);
    if (dialect_.escape != 0) {
      const void* escape = std::memchr(from, dialect_.escape, quote - at);
      if (escape != nullptr) {
        *has_escapes = true;
        at = static_cast<size_t>(static_cast<const char*>(escape) - text_) + 2;
        continue;
      }
    }
    if (quote == limit) return size_;
    if (dialect_.escape == 0 && quote + 1 < size_ && text_[quote + 1] == dialect_.quote) {
      *has_escapes = true;
      at = quote + 2;
      continue;
    }
    return quote;
  }
  return size_;
}

// Moves the value's bytes together; what they leave becomes blanks.
uint32_t CsvScanner::Unescape(size_t begin, size_t end) {
  const char mark = dialect_.escape != 0 ? dialect_.escape : dialect_.quote;
  char* out = text_ + begin;
  for (size_t at = begin; at < end; ++at) {
    if (text_[at] == mark && at + 1 < end) ++at;
    *out++ = text_[at];
  }
  std::fill(out, text_ + end, ' ');
  return static_cast<uint32_t>(out - text_ - static_cast<std::ptrdiff_t>(begin));
}

CsvScanner::Value CsvScanner::Quoted(size_t begin, bool unescape) {
  bool has_escapes = false;
  const size_t quote = EndOfQuoted(begin + 1, &has_escapes);
  Value value;
  if (quote == size_) {
    value.fault = CsvFault::kOpenQuote;
    value.incomplete = !is_end_;
    value.end = dialect_.newlines_in_values ? size_ : LineEnd(begin);
    if (!dialect_.newlines_in_values) value.incomplete = value.incomplete && value.end == size_;
    return value;
  }
  value.cell.offset = static_cast<uint32_t>(begin + 1);
  value.cell.quoted = 1;
  uint32_t length = static_cast<uint32_t>(quote - begin - 1);
  value.end = finder_.Next(quote + 1);
  size_t behind = value.end - quote - 1;
  if (behind == 1 && text_[quote + 1] == '\r' && dialect_.line_end == '\n') behind = 0;
  if (behind > 0) value.fault = CsvFault::kTextBehindQuote;
  value.incomplete = value.end == size_ && !is_end_;
  if (has_escapes && unescape && !value.incomplete) length = Unescape(begin + 1, quote);
  value.cell.length = length;
  return value;
}

CsvRecord CsvScanner::Scan(size_t begin, std::vector<CsvCell>* cells) {
  if (dialect_.comment != 0 && text_[begin] == dialect_.comment) {
    const size_t end = LineEnd(begin);
    if (end == size_ && !is_end_) return {.kind = CsvRecord::Kind::kIncomplete};
    return {.kind = CsvRecord::Kind::kNothing, .end = std::min(end + 1, size_)};
  }
  CsvRecord record;
  const size_t first = cells == nullptr ? 0 : cells->size();
  for (size_t at = begin;;) {
    const bool quoted = dialect_.quote != 0 && at < size_ && text_[at] == dialect_.quote;
    const Value value = quoted ? Quoted(at, cells != nullptr) : Plain(at);
    if (value.incomplete) {
      if (cells != nullptr) cells->resize(first);
      return {.kind = CsvRecord::Kind::kIncomplete, .fault = value.fault};
    }
    if (value.fault != CsvFault::kNone && record.fault == CsvFault::kNone) {
      record.fault = value.fault;
    }
    if (cells != nullptr) cells->push_back(value.cell);
    const bool is_last = value.end >= size_ || text_[value.end] == dialect_.line_end;
    if (is_last) {
      record.end = std::min(value.end + 1, size_);
      const bool is_empty = at == begin && !quoted && value.cell.length == 0;
      if (is_empty && !dialect_.one_column) {
        record.kind = CsvRecord::Kind::kNothing;
        if (cells != nullptr) cells->resize(first);
      }
      return record;
    }
    at = value.end + 1;
  }
}

CsvExtent WholeRecords(char* text, size_t size, bool is_end, const CsvDialect& dialect) {
  CsvExtent extent;
  if (dialect.comment == 0) {
    const Survey survey = Look(text, size, dialect);
    if (!survey.has_quote && (!survey.has_empty_line || dialect.one_column)) {
      const void* last = memrchr(text, dialect.line_end, size);
      extent.lines = extent.rows = survey.line_ends;
      extent.bytes =
          last == nullptr ? 0 : static_cast<size_t>(static_cast<const char*>(last) - text) + 1;
      if (!is_end || extent.bytes == size) return extent;
      // A '\r' alone at the end is an empty line.
      const bool is_row = size - extent.bytes > 1 || text[extent.bytes] != '\r' ||
                          dialect.line_end == '\r' || dialect.one_column;
      if (is_row) ++extent.rows;
      extent.bytes = size;
      return extent;
    }
  }
  CsvScanner scanner(text, size, is_end, dialect);
  while (extent.bytes < size) {
    const CsvRecord record = scanner.Scan(extent.bytes, nullptr);
    if (record.kind == CsvRecord::Kind::kIncomplete) break;
    if (record.kind == CsvRecord::Kind::kRow) ++extent.rows;
    extent.bytes = record.end;
  }
  extent.lines = std::count(text, text + extent.bytes, dialect.line_end);
  return extent;
}

}  // namespace formats
