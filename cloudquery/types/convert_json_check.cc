#include "cloudquery/types/convert_json_check.h"

#include <bitset>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/utf8.h"

namespace cloudquery {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // Goes from token to token. is_object_ tells of each enclosing value whether it is an object.
  bool IsOneValue() {
    while (true) {
      SkipSpace();
      if (Take('{')) {
        if (!Enter(/*is_object=*/true)) return false;
        SkipSpace();
        if (!Take('}')) {
          if (!TakeKey()) return false;
          continue;
        }
        --depth_;
      } else if (Take('[')) {
        if (!Enter(/*is_object=*/false)) return false;
        SkipSpace();
        if (!Take(']')) continue;
        --depth_;
      } else if (!TakeScalar()) {
        return false;
      }
      const std::optional<bool> another = TakeAfterValue();
      if (!another) return false;
      if (!*another) return at_ == end_;
    }
  }

 private:
  bool Take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool TakeWord(std::string_view word) {
    if (!std::string_view(at_, end_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  void SkipSpace() {
    while (at_ != end_ && IsSpace(*at_)) ++at_;
  }

  bool Enter(bool is_object) {
    if (depth_ == kMaxJsonDepth) return false;
    is_object_[depth_++] = is_object;
    return true;
  }

  // Takes closing brackets, and the comma and key of a next value. True: a value must follow.
  // False: all brackets are closed. Nothing: this is not JSON.
  std::optional<bool> TakeAfterValue() {
    while (true) {
      SkipSpace();
      if (depth_ == 0) return false;
      const bool in_object = is_object_[depth_ - 1];
      if (Take(',')) {
        SkipSpace();
        if (in_object && !TakeKey()) return std::nullopt;
        return true;
      }
      if (!Take(in_object ? '}' : ']')) return std::nullopt;
      --depth_;
    }
  }

  bool TakeKey() {
    if (!Take('"') || !TakeRestOfString()) return false;
    SkipSpace();
    return Take(':');
  }

  bool TakeScalar() {
    if (at_ == end_) return false;
    switch (*at_) {
      case '"':
        ++at_;
        return TakeRestOfString();
      case 't':
        return TakeWord("true");
      case 'f':
        return TakeWord("false");
      case 'n':
        return TakeWord("null");
      default:
        return TakeNumber();
    }
  }

  bool TakeRestOfString() {
    while (at_ != end_) {
      const char c = *at_++;
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !TakeRestOfEscape()) return false;
    }
    return false;
  }

  bool TakeRestOfEscape() {
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    const std::optional<uint32_t> unit = TakeHex();
    if (!unit || (*unit >= 0xDC00 && *unit <= 0xDFFF)) return false;
    if (*unit < 0xD800 || *unit > 0xDBFF) return true;
    // The first half of a pair.
    if (!TakeWord("\\u")) return false;
    const std::optional<uint32_t> second = TakeHex();
    return second && *second >= 0xDC00 && *second <= 0xDFFF;
  }

  std::optional<uint32_t> TakeHex() {
    if (end_ - at_ < 4) return std::nullopt;
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = *at_++;
      const char lower = static_cast<char>(c | 0x20);
      if (IsDigit(c)) {
        value = value * 16 + static_cast<uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        value = value * 16 + static_cast<uint32_t>(lower - 'a' + 10);
      } else {
        return std::nullopt;
      }
    }
    return value;
  }

  bool TakeDigits() {
    const char* from = at_;
    while (at_ != end_ && IsDigit(*at_)) ++at_;
    return at_ != from;
  }

  bool TakeNumber() {
    // So many digits without an exponent are always within the range of a double.
    constexpr ptrdiff_t kSurelyFinite = 300;
    const char* from = at_;
    Take('-');
    if (!Take('0') && !TakeDigits()) return false;
    if (Take('.') && !TakeDigits()) return false;
    const bool has_exponent = Take('e') || Take('E');
    if (has_exponent) {
      if (!Take('+')) Take('-');
      if (!TakeDigits()) return false;
    }
    if (!has_exponent && at_ - from < kSurelyFinite) return true;
    return std::isfinite(std::strtod(std::string(from, at_).c_str(), nullptr));
  }

  const char* at_;
  const char* end_;
  size_t depth_ = 0;
  std::bitset<kMaxJsonDepth> is_object_;
};

}  // namespace

bool IsJson(std::string_view text) { return Scanner(text).IsOneValue() && base::IsValidUtf8(text); }

}  // namespace cloudquery
