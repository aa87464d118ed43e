#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/utf8.h"

namespace base {
namespace {

struct CharacterRange {
  char32_t first, last;
};

constexpr std::array kUnsafe = {
    CharacterRange{0x00, 0x1F},      // C0 controls: escape sequences begin with one
    CharacterRange{0x7F, 0x9F},      // DEL, and C1 controls, which are escape sequences themselves
    CharacterRange{0x061C, 0x061C},  // Arabic letter mark
    CharacterRange{0x200E, 0x200F},  // left-to-right and right-to-left mark
    CharacterRange{0x2028, 0x202E},  // line and paragraph separator, embeddings and overrides
    CharacterRange{0x2066, 0x2069},  // isolates
};

bool IsSafe(char32_t character) {
  return std::ranges::none_of(kUnsafe, [character](const CharacterRange& range) {
    return range.first <= character && character <= range.last;
  });
}

// Of a lead byte in valid UTF-8.
size_t BytesOfCharacter(char lead) {
  const auto byte = static_cast<uint8_t>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

char32_t Decode(std::string_view character) {
  const auto byte = [&](size_t i) {
    return static_cast<char32_t>(static_cast<uint8_t>(character[i]));
  };
  if (character.size() == 1) return byte(0);
  // A lead byte has as many ones as the character has bytes, then a zero.
  char32_t decoded = byte(0) & (0x7Fu >> character.size());
  for (size_t i = 1; i < character.size(); ++i) decoded = decoded << 6 | (byte(i) & 0x3F);
  return decoded;
}

void AppendEscaped(char32_t character, std::string* out) {
  switch (character) {
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    default:
      break;
  }
  const bool is_ascii = character < 0x80;
  *out += is_ascii ? "\\x" : "\\u";
  for (int shift = is_ascii ? 4 : 12; shift >= 0; shift -= 4) {
    *out += kHexDigits[(character >> shift) & 0xF];
  }
}

}  // namespace

std::string Quoted(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + 2);
  quoted.append("\"").append(text).append("\"");
  return quoted;
}

std::string_view Trimmed(std::string_view text) {
  static constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string ToLowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLowerAscii(c);
  return lower;
}

bool EqualsIgnoringAsciiCase(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other,
                            [](char a, char b) { return ToLowerAscii(a) == ToLowerAscii(b); });
}

std::string ToHex(std::span<const uint8_t> bytes) {
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
    hex += kHexDigits[byte >> 4];
    hex += kHexDigits[byte & 15];
  }
  return hex;
}

std::string SafeForTerminal(std::string_view text) {
  const std::string valid = ReplaceInvalidUtf8(text);
  std::string safe;
  safe.reserve(valid.size());
  for (size_t i = 0; i < valid.size();) {
    const std::string_view character =
        std::string_view(valid).substr(i, BytesOfCharacter(valid[i]));
    const char32_t decoded = Decode(character);
    if (IsSafe(decoded)) {
      safe += character;
    } else {
      AppendEscaped(decoded, &safe);
    }
    i += character.size();
  }
  return safe;
}

std::string Shortened(std::string_view text, size_t max_bytes) {
  static constexpr std::string_view kCut = "...";
  if (text.size() <= max_bytes) return std::string(text);
  std::string shortened(CutAtCharacter(text, max_bytes - kCut.size()));
  shortened += kCut;
  return shortened;
}

}  // namespace base
