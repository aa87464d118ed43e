// Small functions on text: quoting, trimming, ASCII letters, hexadecimal digits, and making text
// from outside (keys, a server's messages) safe to show and to send. Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace base {

/// `text` in double quotation marks, for messages. Nothing in it is escaped.
std::string Quoted(std::string_view text);

/// `text` without the spaces, tabs and line ends around it.
std::string_view Trimmed(std::string_view text);

/// The functions on ASCII do not depend on the locale.
inline char ToLowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string ToLowerAscii(std::string_view text);
bool EqualsIgnoringAsciiCase(std::string_view one, std::string_view other);
inline bool IsAsciiAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

inline constexpr char kHexDigits[] = "0123456789abcdef";

/// Two lower-case digits for each byte.
std::string ToHex(std::span<const uint8_t> bytes);

/// The value of a digit in either case; -1 if `c` is not a hexadecimal digit.
inline int HexDigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// `text` as one line of valid UTF-8 that is harmless to a terminal: invalid UTF-8 becomes U+FFFD;
/// control characters (C0, DEL, C1), line separators and characters that change the direction of
/// writing are escaped, as in `\n`, `\x1b`, `\u202e`. Everything else, including backslashes, is
/// unchanged, so a second call changes nothing.
std::string SafeForTerminal(std::string_view text);

/// `text`, or a prefix of it and "..." if it has more than `max_bytes` (at least 3). Never cuts
/// inside a character.
std::string Shortened(std::string_view text, size_t max_bytes);

}  // namespace base
