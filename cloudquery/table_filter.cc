#include "cloudquery/table_filter.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"

namespace cloudquery {
namespace {

bool MatchesAny(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return GlobMatches(pattern, name); });
}

arrow::Status CheckEachMatches(std::string_view option, const std::vector<std::string>& patterns,
                               std::span<const TableName> tables) {
  for (const std::string& pattern : patterns) {
    const bool matches = std::any_of(tables.begin(), tables.end(), [&](const TableName& table) {
      return GlobMatches(pattern, table.name);
    });
    if (!matches) {
      return base::MakeError(base::ErrorKind::kConfig, std::string(option) + " include a pattern " +
                                                           pattern + " with no matches");
    }
  }
  return arrow::Status::OK();
}

}  // namespace

bool GlobMatches(std::string_view pattern, std::string_view name) {
  size_t p = 0, n = 0;
  size_t star = std::string_view::npos, star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(),
                     [](char c) { return c == '*'; });
}

arrow::Result<std::vector<bool>> SelectTables(std::span<const TableName> tables,
                                              const TableFilter& filter) {
  ARROW_RETURN_NOT_OK(CheckEachMatches("tables", filter.tables, tables));
  ARROW_RETURN_NOT_OK(CheckEachMatches("skip_tables", filter.skip_tables, tables));

  std::unordered_map<std::string_view, size_t> position;
  for (size_t i = 0; i < tables.size(); ++i) position.emplace(tables[i].name, i);
  const auto parent_of = [&](size_t i) { return position.find(tables[i].parent); };

  std::vector<bool> skipped(tables.size()), taken(tables.size());
  for (size_t i = 0; i < tables.size(); ++i) {
    const auto parent = parent_of(i);
    const bool has_parent = parent != position.end();
    skipped[i] =
        MatchesAny(filter.skip_tables, tables[i].name) || (has_parent && skipped[parent->second]);
    const bool with_parent = has_parent && taken[parent->second] && !filter.skip_dependent_tables;
    taken[i] = !skipped[i] && (MatchesAny(filter.tables, tables[i].name) || with_parent);
  }
  for (size_t i = tables.size(); i-- > 0;) {
    const auto parent = parent_of(i);
    if (taken[i] && parent != position.end()) taken[parent->second] = true;
  }
  return taken;
}

}  // namespace cloudquery
