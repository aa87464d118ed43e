#include "formats/jsonl/json_records.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace formats {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Behind the item that begins at `at`; the size if its end is not there.
size_t EndOfItem(const char* text, size_t size, size_t at) {
  int depth = 0;
  for (; at < size; ++at) {
    switch (text[at]) {
      case '"':
        for (++at; at < size && text[at] != '"'; ++at) {
          if (text[at] == '\\') ++at;
        }
        if (at >= size) return size;
        break;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        // That of the array around the item.
        if (depth == 0) return at;
        if (--depth == 0) return at + 1;
        break;
      case ',':
        if (depth == 0) return at;
        break;
      default:
        break;
    }
  }
  return size;
}

arrow::Status NotAnArray(const std::string& why) {
  return base::MakeError(base::ErrorKind::kCorrupt, "not a valid array of JSON: " + why);
}

}  // namespace

bool IsJsonArray(std::string_view text) {
  const auto first = std::ranges::find_if_not(text, IsSpace);
  return first != text.end() && *first == '[';
}

bool IsBlank(std::string_view line) { return std::ranges::all_of(line, IsSpace); }

CsvExtent WholeLines(const char* text, size_t size, bool is_end) {
  CsvExtent extent;
  while (extent.bytes < size) {
    const char* const begin = text + extent.bytes;
    const void* found = std::memchr(begin, '\n', size - extent.bytes);
    if (found == nullptr && !is_end) break;
    const char* const end = found == nullptr ? text + size : static_cast<const char*>(found);
    if (!IsBlank({begin, static_cast<size_t>(end - begin)})) ++extent.rows;
    if (found != nullptr) ++extent.lines;
    extent.bytes = std::min(static_cast<size_t>(end - text) + 1, size);
  }
  return extent;
}

arrow::Result<bool> JsonArrayItems::Between(char* text, size_t size, size_t* at) {
  for (; *at < size; ++*at) {
    char& c = text[*at];
    if (IsSpace(c)) {
      c = ' ';
      continue;
    }
    switch (state_) {
      case State::kBeforeArray:
        if (c != '[') return NotAnArray("it does not begin with [");
        state_ = State::kBeforeFirst;
        break;
      case State::kBehindItem:
        if (c != ',' && c != ']') return NotAnArray("there is no comma between two items");
        state_ = c == ',' ? State::kBeforeItem : State::kBehindArray;
        break;
      case State::kBeforeFirst:
        if (c == ',') return NotAnArray("there is a comma without an item before it");
        if (c != ']') return true;
        state_ = State::kBehindArray;
        break;
      case State::kBeforeItem:
        if (c == ']' || c == ',') return NotAnArray("there is a comma without an item behind it");
        return true;
      case State::kBehindArray:
        return NotAnArray("there is text behind the array");
    }
    c = ' ';
  }
  return false;
}

arrow::Result<CsvExtent> JsonArrayItems::Find(char* text, size_t size, bool is_end) {
  CsvExtent extent;
  for (size_t at = 0;;) {
    const State before = state_;
    const bool may_end_line = at > 0 && before == State::kBehindItem;
    ARROW_ASSIGN_OR_RAISE(const bool has_item, Between(text, size, &at));
    if (may_end_line && at > extent.bytes) text[extent.bytes] = '\n';
    if (!has_item) {
      extent.bytes = size;
      break;
    }
    const size_t end = EndOfItem(text, size, at);
    // A number may go on.
    if (end == size && (!is_end || state_ != State::kBehindArray)) {
      extent.bytes = at;
      break;
    }
    std::replace_if(
        text + at, text + end, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    state_ = State::kBehindItem;
    ++extent.rows;
    extent.bytes = at = end;
  }
  if (is_end && state_ != State::kBehindArray) return NotAnArray("it is not closed");
  return extent;
}

}  // namespace formats
