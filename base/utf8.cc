#include "base/utf8.h"

#include <cstdint>
#include <mutex>

#include "arrow/util/utf8.h"

namespace base {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

constexpr size_t kMaxContinuationBytes = 3;

struct Sequence {
  size_t bytes;
  bool valid;
};

struct LeadByte {
  uint8_t first, last;
  size_t continuation_bytes;
  // The range of the byte that follows; the ones after it are always 0x80 to 0xBF.
  uint8_t second_from, second_to;
};

// Unicode 15, table 3-7. A byte in no row begins nothing.
constexpr LeadByte kLeadBytes[] = {
    {0x00, 0x7F, 0, 0x00, 0x00}, {0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF},
    {0xE1, 0xEC, 2, 0x80, 0xBF}, {0xED, 0xED, 2, 0x80, 0x9F}, {0xEE, 0xEF, 2, 0x80, 0xBF},
    {0xF0, 0xF0, 3, 0x90, 0xBF}, {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F},
};

Sequence FirstSequence(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  for (const LeadByte& lead : kLeadBytes) {
    if (byte(0) < lead.first || byte(0) > lead.last) continue;
    for (size_t i = 1; i <= lead.continuation_bytes; ++i) {
      const uint8_t from = i == 1 ? lead.second_from : 0x80;
      const uint8_t to = i == 1 ? lead.second_to : 0xBF;
      if (i >= text.size() || byte(i) < from || byte(i) > to) return {i, false};
    }
    return {lead.continuation_bytes + 1, true};
  }
  return {1, false};
}

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

}  // namespace

bool IsValidUtf8(std::string_view text) {
  static std::once_flag tables_ready;
  std::call_once(tables_ready, arrow::util::InitializeUTF8);
  return arrow::util::ValidateUTF8(text);
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  if (IsValidUtf8(text)) return std::string(text);
  std::string out;
  out.reserve(text.size() + kReplacement.size());
  while (!text.empty()) {
    const Sequence sequence = FirstSequence(text);
    out += sequence.valid ? text.substr(0, sequence.bytes) : kReplacement;
    text.remove_prefix(sequence.bytes);
  }
  return out;
}

std::string_view CutAtCharacter(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && max_bytes - end < kMaxContinuationBytes && IsContinuation(text[end])) --end;
  // More continuation bytes in a row are not part of a character, so none is cut.
  return text.substr(0, IsContinuation(text[end]) ? max_bytes : end);
}

}  // namespace base
