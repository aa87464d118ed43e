#include "formats/csv/csv_head.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace formats {
namespace {

// In the order in which they win where a line has as many of one as of another.
constexpr std::string_view kDelimiters = ",;\t|";

arrow::Status Corrupt(std::string message) {
  return base::MakeError(base::ErrorKind::kCorrupt, std::move(message));
}

// The first line end that is not in quotes; npos: there is none.
size_t FirstLineEnd(std::string_view text, char quote) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quote != 0 && text[i] == quote) quoted = !quoted;
    if (!quoted && (text[i] == '\n' || text[i] == '\r')) return i;
  }
  return std::string_view::npos;
}

char LineEndOf(std::string_view text, char quote) {
  const size_t at = FirstLineEnd(text, quote);
  const bool is_return = at != std::string_view::npos && text[at] == '\r';
  return is_return && at + 1 < text.size() && text[at + 1] != '\n' ? '\r' : '\n';
}

char SniffDelimiter(std::string_view line, char quote) {
  size_t counts[kDelimiters.size()] = {};
  bool quoted = false;
  for (const char c : line) {
    if (quote != 0 && c == quote) quoted = !quoted;
    const size_t which = quoted ? std::string_view::npos : kDelimiters.find(c);
    if (which != std::string_view::npos) ++counts[which];
  }
  return kDelimiters[static_cast<size_t>(std::max_element(std::begin(counts), std::end(counts)) -
                                         std::begin(counts))];
}

char DelimiterOf(std::string_view key, std::string_view text, const CsvOptions& options) {
  if (options.delimiter != 0) return options.delimiter;
  if (key.size() > 4 && base::EqualsIgnoringAsciiCase(key.substr(key.size() - 4), ".tsv")) {
    return '\t';
  }
  return SniffDelimiter(text.substr(0, FirstLineEnd(text, options.quote)), options.quote);
}

// Behind `lines` lines; nothing of the text may be left then.
size_t SkipLines(std::string_view text, int64_t lines, char line_end) {
  size_t at = 0;
  for (; lines > 0; --lines) {
    const size_t end = text.find(line_end, at);
    if (end == std::string_view::npos) return text.size();
    at = end + 1;
  }
  return at;
}

// Behind empty lines and comments.
size_t SkipNothing(std::string_view text, size_t at, const CsvOptions& options, char line_end) {
  while (at < text.size()) {
    const size_t end = std::min(text.find(line_end, at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const bool is_comment = options.comment != 0 && line.starts_with(options.comment);
    if (!is_comment && !line.empty() && line != "\r") break;
    if (end == text.size()) return end;
    at = end + 1;
  }
  return at;
}

std::vector<std::string> NamesOf(const TextSample& sample, const std::vector<CsvCell>& cells,
                                 const CsvOptions& options) {
  if (!options.column_names.empty()) return options.column_names;
  std::vector<std::string> names;
  for (const CsvCell& cell : cells) {
    names.push_back(options.header ? sample.text.substr(cell.offset, cell.length)
                                   : "column_" + std::to_string(names.size() + 1));
  }
  return names;
}

// The cells of the line from `begin` to `end`, whose bytes the scanner may change.
std::vector<CsvCell> CellsOf(char* text, size_t begin, size_t end, const CsvDialect& dialect) {
  std::vector<CsvCell> cells;
  CsvScanner scanner(text, end, /*is_end=*/true, dialect);
  scanner.Scan(begin, &cells);
  return cells;
}

// Of a line that is a row, too. Only their number matters; they end with the copy.
std::vector<CsvCell> CellsOfCopy(std::string_view line, const CsvDialect& dialect) {
  std::string copy(line);
  copy.resize(line.size() + kTextPadding);
  return CellsOf(copy.data(), 0, line.size(), dialect);
}

}  // namespace

std::string CsvFaultText(CsvFault fault) {
  return fault == CsvFault::kOpenQuote ? "a quote is not closed"
                                       : "there is text behind a closing quote";
}

arrow::Result<CsvHead> FindCsvHead(std::string_view key, TextSample* sample,
                                   const CsvOptions& options) {
  CsvHead head;
  const std::string_view text(sample->text.data(), sample->size);
  head.dialect = {.quote = options.quote,
                  .escape = options.escape,
                  .comment = options.comment,
                  .line_end = LineEndOf(text, options.quote),
                  .newlines_in_values = options.newlines_in_values};
  const size_t first = SkipNothing(text, SkipLines(text, options.skip_rows, head.dialect.line_end),
                                   options, head.dialect.line_end);
  head.dialect.delimiter = DelimiterOf(key, text.substr(first), options);
  if (first == text.size()) {
    head.incomplete = !sample->is_all;
    head.columns = options.column_names;
    head.rows_begin = first;
    return head;
  }
  CsvDialect one_line = head.dialect;
  one_line.one_column = true;
  CsvScanner probe(sample->text.data(), sample->size, sample->is_all, one_line);
  const CsvRecord record = probe.Scan(first, nullptr);
  if (record.kind == CsvRecord::Kind::kIncomplete) {
    head.incomplete = true;
    return head;
  }
  if (text.substr(first, record.end - first).find('\0') != std::string_view::npos) {
    return Corrupt("not text: its first line has NUL bytes");
  }
  if (record.fault != CsvFault::kNone) {
    return Corrupt("its first line is not valid CSV: " + CsvFaultText(record.fault));
  }
  const std::vector<CsvCell> cells =
      options.header ? CellsOf(sample->text.data(), first, record.end, one_line)
                     : CellsOfCopy(text.substr(first, record.end - first), one_line);
  head.columns = NamesOf(*sample, cells, options);
  head.dialect.one_column = head.columns.size() == 1;
  head.rows_begin = options.header ? record.end : first;
  head.lines_before =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(head.rows_begin),
                 head.dialect.line_end);
  return head;
}

}  // namespace formats
