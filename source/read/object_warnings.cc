#include "source/read/object_warnings.h"

#include <array>
#include <cstdint>
#include <string_view>

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

}  // namespace source
