// Tables of text for terminals. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace source {

/// Columns that a terminal shows `text` in, which must be harmless (base::SafeForTerminal).
size_t DisplayWidth(std::string_view text);

/// `text`, or as much of it as fits into `width` columns and an ellipsis.
std::string FitWidth(std::string_view text, size_t width);

struct TextColumn {
  std::string title;
  std::vector<std::string> cells;
  /// Numbers stand on the right.
  bool right = false;
};

/// Lines of at most `max_width` columns; 0: as long as they need to be. Wide columns are cut first;
/// columns for which there is no room at all are left out, and a last line says how many. All
/// columns have the same number of cells.
std::string FormatTable(const std::vector<TextColumn>& columns, size_t max_width);

}  // namespace source
