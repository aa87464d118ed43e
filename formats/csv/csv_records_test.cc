#include "formats/csv/csv_records.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace formats {
namespace {

struct Text {
  explicit Text(const std::string& content) : size(content.size()), bytes(content) {
    bytes.resize(size + kTextPadding);
  }
  size_t size;
  std::string bytes;
};

std::vector<std::vector<std::string>> RowsOf(const std::string& content,
                                             const CsvDialect& dialect) {
  Text text(content);
  CsvScanner scanner(text.bytes.data(), text.size, /*is_end=*/true, dialect);
  std::vector<std::vector<std::string>> rows;
  for (size_t at = 0; at < text.size;) {
    std::vector<CsvCell> cells;
    const CsvRecord record = scanner.Scan(at, &cells);
    at = record.end;
    if (record.kind != CsvRecord::Kind::kRow) continue;
    auto& row = rows.emplace_back();
    for (const CsvCell& cell : cells) row.push_back(text.bytes.substr(cell.offset, cell.length));
    if (record.fault != CsvFault::kNone) row.push_back("fault");
  }
  return rows;
}

using Rows = std::vector<std::vector<std::string>>;

TEST(CsvScanner, TakesRecordsApart) {
  EXPECT_EQ(RowsOf("a,b\nc,\n", {}), (Rows{{"a", "b"}, {"c", ""}}));
  EXPECT_EQ(RowsOf("a,b\r\n\r\n\nc,d", {}), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(RowsOf("\"a\"\"b\",\"c\nd\"\r\ne,\"\"", {}), (Rows{{"a\"b", "c\nd"}, {"e", ""}}));
  EXPECT_EQ(RowsOf("5\" pipe,x\"y\"\n", {}), (Rows{{"5\" pipe", "x\"y\""}}));
  EXPECT_EQ(RowsOf("\"a\"b,c\nd,e\n", {}), (Rows{{"a", "c", "fault"}, {"d", "e"}}));
  EXPECT_EQ(RowsOf("a,\"b\nc,d\n", {}), (Rows{{"a", "", "fault"}}));
  EXPECT_EQ(RowsOf("a,\"b\nc,d\n", {.newlines_in_values = false}),
            (Rows{{"a", "", "fault"}, {"c", "d"}}));
  EXPECT_EQ(RowsOf("a,\"b\\\"c\\\\\"\n", {.escape = '\\'}), (Rows{{"a", "b\"c\\"}}));
  EXPECT_EQ(RowsOf("#x\na;b\n", {.delimiter = ';', .comment = '#'}), (Rows{{"a", "b"}}));
  EXPECT_EQ(RowsOf("a,b\rc,d\r", {.line_end = '\r'}), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(RowsOf("a\n\nb\n", {.one_column = true}), (Rows{{"a"}, {""}, {"b"}}));
  EXPECT_EQ(RowsOf("\"a,b\n", {.quote = 0}), (Rows{{"\"a", "b"}}));
}

// Rows are counted where a text is divided, and found where it is read: both must agree, wherever
// the text is cut.
TEST(WholeRecords, AgreesWithTheScannerHoweverTheTextIsCut) {
  std::mt19937_64 random(1);
  const std::string alphabet = "ab,,\n\n\r\"#\\";
  const std::vector<CsvDialect> dialects = {{},
                                            {.one_column = true},
                                            {.escape = '\\'},
                                            {.comment = '#'},
                                            {.line_end = '\r'},
                                            {.quote = 0},
                                            {.newlines_in_values = false}};
  for (int round = 0; round < 60'000; ++round) {
    const CsvDialect& dialect = dialects[random() % dialects.size()];
    std::string content;
    // Half of them have neither quotes nor anything else that is rare.
    const size_t letters = round % 2 == 0 ? 6 : alphabet.size();
    for (size_t i = random() % 200; i > 0; --i) content += alphabet[random() % letters];
    const size_t rows = RowsOf(content, dialect).size();
    size_t counted = 0, begin = 0;
    for (size_t end = 0; begin < content.size();) {
      end = std::min(content.size(), std::max(end, begin) + 1 + random() % 90);
      Text part(content.substr(begin, end - begin));
      const bool is_end = end == content.size();
      const CsvExtent extent = WholeRecords(part.bytes.data(), part.size, is_end, dialect);
      ASSERT_EQ(part.bytes.substr(0, part.size), content.substr(begin, end - begin));
      counted += static_cast<size_t>(extent.rows);
      begin += extent.bytes;
      if (is_end) {
        ASSERT_EQ(begin, content.size()) << content;
      }
    }
    ASSERT_EQ(counted, rows) << content;
  }
}

}  // namespace
}  // namespace formats
