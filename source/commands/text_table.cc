#include "source/commands/text_table.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>

namespace source {
namespace {

constexpr size_t kGap = 2;
// A column narrower than this shows nothing.
constexpr size_t kMinWidth = 6;
constexpr std::string_view kEllipsis = "…";

// The locale of UTF-8 for this thread, whatever that of the user is.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) before_ = uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    uselocale(before_);
    freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_;
  locale_t before_ = nullptr;
};

// The bytes of the longest prefix of at most `max` columns, and its width.
struct Prefix {
  size_t bytes = 0;
  size_t width = 0;
};

Prefix PrefixOf(std::string_view text, size_t max) {
  const Utf8Locale utf8;
  std::mbstate_t state{};
  Prefix prefix;
  while (prefix.bytes < text.size()) {
    wchar_t character = 0;
    size_t length =
        mbrtowc(&character, text.data() + prefix.bytes, text.size() - prefix.bytes, &state);
    if (length == 0 || length > text.size()) length = 1;  // not UTF-8
    const int columns = std::max(0, wcwidth(character));
    if (prefix.width + static_cast<size_t>(columns) > max) break;
    prefix.bytes += length;
    prefix.width += static_cast<size_t>(columns);
  }
  return prefix;
}

size_t NaturalWidth(const TextColumn& column) {
  size_t width = DisplayWidth(column.title);
  for (const std::string& cell : column.cells) width = std::max(width, DisplayWidth(cell));
  return width;
}

size_t LineWidth(const std::vector<size_t>& widths) {
  size_t line = widths.empty() ? 0 : (widths.size() - 1) * kGap;
  for (const size_t width : widths) line += width;
  return line;
}

// Narrows the widest columns until a line fits, and leaves out the last ones if it never does.
void Narrow(std::vector<size_t>* widths, size_t max_width) {
  while (LineWidth(*widths) > max_width) {
    const auto widest = std::max_element(widths->begin(), widths->end());
    if (*widest > kMinWidth) {
      --*widest;
    } else if (widths->size() > 1) {
      widths->pop_back();
    } else {
      return;
    }
  }
}

void AppendCell(const std::string& cell, size_t width, bool right, bool last, std::string* line) {
  const std::string text = FitWidth(cell, width);
  const std::string padding(width - std::min(width, DisplayWidth(text)), ' ');
  if (right) *line += padding + text;
  if (!right) *line += text + (last ? "" : padding);
}

}  // namespace

size_t DisplayWidth(std::string_view text) { return PrefixOf(text, SIZE_MAX).width; }

std::string FitWidth(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  return std::string(text.substr(0, PrefixOf(text, width - 1).bytes)) + std::string(kEllipsis);
}

std::string FormatTable(const std::vector<TextColumn>& columns, size_t max_width) {
  std::vector<size_t> widths;
  widths.reserve(columns.size());
  for (const TextColumn& column : columns) widths.push_back(NaturalWidth(column));
  if (max_width > 0) Narrow(&widths, max_width);
  std::string text;
  const auto append = [&](auto cell_of) {
    for (size_t i = 0; i < widths.size(); ++i) {
      if (i > 0) text.append(kGap, ' ');
      AppendCell(cell_of(columns[i]), widths[i], columns[i].right, i + 1 == widths.size(), &text);
    }
    text += '\n';
  };
  append([](const TextColumn& column) { return column.title; });
  for (size_t row = 0; row < (columns.empty() ? 0 : columns[0].cells.size()); ++row) {
    append([row](const TextColumn& column) { return column.cells[row]; });
  }
  if (const size_t left_out = columns.size() - widths.size(); left_out > 0) {
    text += "(" + std::to_string(left_out) + " more columns)\n";
  }
  return text;
}

}  // namespace source
