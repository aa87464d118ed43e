#include "source/read/object_warnings.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace source {
namespace {

using cloudquery::ConvertStats;

struct Row {
  int64_t ConvertStats::*count;
  std::string_view what;
};

constexpr std::array<Row, 4> kRows = {{
    {&ConvertStats::invalid_utf8_values,
     "strings are not UTF-8 and were sent with U+FFFD in place of what is invalid"},
    {&ConvertStats::invalid_json_values,
     "JSON values are not JSON and were sent as JSON strings of their text"},
    {&ConvertStats::out_of_range_values,
     "dates, times or decimals are out of range and were sent as null"},
    {&ConvertStats::invalid_ids,
     "values of _cq_id or _cq_parent_id are not UUIDs and were replaced"},
}};

}  // namespace

ConvertStats Sum(const ConvertStats& a, const ConvertStats& b) {
  ConvertStats sum = a;
  for (const Row& row : kRows) sum.*row.count += b.*row.count;
  return sum;
}

std::string WarningOf(const ConvertStats& stats) {
  std::string warning;
  for (const Row& row : kRows) {
    if (stats.*row.count == 0) continue;
    warning += (warning.empty() ? "" : "; ") + std::to_string(stats.*row.count) + " " +
               std::string(row.what);
  }
  return warning;
}

std::string WarningOf(const formats::SkippedRows& skipped) {
  if (skipped.count == 0) return "";
  std::string lines;
  for (const int64_t line : skipped.lines)
    lines += (lines.empty() ? "" : ", ") + std::to_string(line);
  return std::to_string(skipped.count) + " malformed rows were skipped; the first are in line " +
         lines;
}

arrow::Status NamingRowsSent(const arrow::Status& failure, int64_t rows) {
  if (rows == 0) return failure;
  std::string text = base::MessageOf(failure);
  if (text.ends_with('.')) text.pop_back();
  return base::MakeError(base::InfoOf(failure),
                         text + "; " + std::to_string(rows) + " rows of it were sent before");
}

arrow::Status WrongRowsSent(const arrow::Status& verified) {
  return base::MakeError(
      {.kind = base::ErrorKind::kTransport, .key = base::InfoOf(verified).key},
      base::MessageOf(verified) + "; check the network and the service, and sync again");
}

}  // namespace source
