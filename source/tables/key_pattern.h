// Patterns of whole keys:
//
//   *       any run of characters without a slash, also an empty one
//   **      any run of characters; between slashes, or before the first one, also no folder at all:
//           "a/**/b" matches "a/b"
//   ?       one character that is not a slash
//   {name}  one character or more without a slash, which are captured under that name
//
// All else stands for itself. Where several ways of matching are possible, each wildcard takes as
// much as it can, from left to right. Immutable values; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

namespace source {

/// Regular expressions, in what ECMA-262 and Go's RE2 have in common: what patterns look like, and
/// what they do not look like. They do not say that no name is captured twice.
inline constexpr std::string_view kKeyPatternPattern =
    R"(^([^*{}]|(\{[A-Za-z][A-Za-z0-9_]{0,62}\}|\*\*?)[^*{}])*)"
    R"((\{[A-Za-z][A-Za-z0-9_]{0,62}\}|\*\*?)?$)";
inline constexpr std::string_view kNotAKeyPatternPattern = "^$|^[sS]3://";

class KeyPattern {
 public:
  /// kConfig: see ProblemOf.
  [[nodiscard]] static arrow::Result<KeyPattern> Make(std::string_view text);

  /// Where a pattern is wrong, and how: `at character 7: ...`; empty when it is right.
  static std::string ProblemOf(std::string_view text);

  const std::string& text() const { return text_; }
  /// What every key that matches begins with.
  const std::string& literal_prefix() const { return prefix_; }
  /// The names in the order of the pattern; no name is there twice.
  const std::vector<std::string>& captures() const { return captures_; }

  /// `values`, unless null, gets what was captured, in the order of captures().
  bool Match(std::string_view key, std::vector<std::string_view>* values) const;
  bool Matches(std::string_view key) const { return Match(key, nullptr); }

 private:
  friend class KeyPatternParser;
  friend class KeyMatch;

  enum class Kind : uint8_t { kLiteral, kCharacter, kSegment, kCapture, kAny, kFolders };
  struct Token {
    Kind kind = Kind::kLiteral;
    std::string literal;
    /// Of kCapture: its index in captures_.
    size_t capture = 0;
  };

  bool HasLiterals(std::string_view rest) const;

  std::string text_;
  std::string prefix_;
  /// What follows the prefix.
  std::vector<Token> tokens_;
  std::vector<std::string> captures_;
};

}  // namespace source
