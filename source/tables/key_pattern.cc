#include "source/tables/key_pattern.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace source {
namespace {

constexpr size_t kMaxNameBytes = 63;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNameCharacter(char c) { return IsLetter(c) || (c >= '0' && c <= '9') || c == '_'; }
bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Of UTF-8; where text is not, each stray byte belongs to the character before it.
size_t CharactersIn(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return !IsContinuation(c); }));
}

// Where the character before `end` begins. `end` is not 0.
size_t CharacterBefore(std::string_view text, size_t end) {
  size_t begin = end - 1;
  while (begin > 0 && IsContinuation(text[begin])) --begin;
  return begin;
}

}  // namespace

// Reads a pattern from its start to its end or its first mistake.
class KeyPatternParser {
 public:
  explicit KeyPatternParser(std::string_view text) : text_(text) { pattern_.text_ = text; }

  // What is wrong; empty: nothing.
  std::string Parse() {
    if (text_.empty()) return "it is empty";
    if (text_.starts_with("s3://") || text_.starts_with("S3://")) {
      return "at character 1: it is a URL; write the key alone, without s3:// and the bucket";
    }
    std::string problem;
    while (at_ < text_.size() && problem.empty()) problem = Next();
    return problem;
  }

  KeyPattern Finish() && {
    auto& tokens = pattern_.tokens_;
    if (!tokens.empty() && tokens[0].kind == KeyPattern::Kind::kLiteral) {
      pattern_.prefix_ = std::move(tokens[0].literal);
      tokens.erase(tokens.begin());
    }
    return std::move(pattern_);
  }

 private:
  using Kind = KeyPattern::Kind;

  std::string At(size_t position, const std::string& what) const {
    return "at character " + std::to_string(CharactersIn(text_.substr(0, position)) + 1) + ": " +
           what;
  }

  std::string Next() {
    switch (text_[at_]) {
      case '*':
        return Stars();
      case '{':
        return Capture();
      case '}':
        return At(at_, "no \"{\" stands before this \"}\"");
      case '?':
        pattern_.tokens_.push_back({.kind = Kind::kCharacter});
        ++at_;
        return "";
      default:
        AddLiteral(text_[at_++]);
        return "";
    }
  }

  void AddLiteral(char c) {
    auto& tokens = pattern_.tokens_;
    if (tokens.empty() || tokens.back().kind != Kind::kLiteral) tokens.emplace_back();
    tokens.back().literal += c;
  }

  // A capture or asterisks may not touch what was there before them.
  bool Touches() const {
    return !pattern_.tokens_.empty() && (pattern_.tokens_.back().kind == Kind::kCapture ||
                                         pattern_.tokens_.back().kind == Kind::kSegment ||
                                         pattern_.tokens_.back().kind == Kind::kAny);
  }

  std::string Stars() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] == '*') ++at_;
    const size_t count = at_ - begin;
    if (count > 2) return At(begin + 2, "more than two asterisks stand side by side");
    if (Touches()) return At(begin, "nothing separates \"*\" from the capture before it");
    if (count == 1) {
      pattern_.tokens_.push_back({.kind = Kind::kSegment});
      return "";
    }
    const bool begins_folder = begin == 0 || text_[begin - 1] == '/';
    const bool ends_folder = at_ < text_.size() && text_[at_] == '/';
    if (begins_folder && ends_folder) ++at_;
    pattern_.tokens_.push_back(
        {.kind = begins_folder && ends_folder ? Kind::kFolders : Kind::kAny});
    return "";
  }

  std::string Capture() {
    const size_t begin = at_ + 1;
    const size_t end = text_.find('}', begin);
    if (end == std::string_view::npos) return At(at_, "no \"}\" closes this \"{\"");
    const std::string_view name = text_.substr(begin, end - begin);
    if (name.empty() || name.size() > kMaxNameBytes || !IsLetter(name[0]) ||
        !std::ranges::all_of(name, IsNameCharacter)) {
      return At(at_,
                "the name in braces must begin with a letter and have letters, digits and _ "
                "only, 63 at most");
    }
    auto& captures = pattern_.captures_;
    if (std::ranges::find(captures, name) != captures.end()) {
      return At(at_, "{" + std::string(name) + "} is there twice");
    }
    if (Touches()) return At(at_, "nothing separates \"{\" from the wildcard before it");
    pattern_.tokens_.push_back({.kind = Kind::kCapture, .capture = captures.size()});
    captures.emplace_back(name);
    at_ = end + 1;
    return "";
  }

  const std::string_view text_;
  size_t at_ = 0;
  KeyPattern pattern_;
};

arrow::Result<KeyPattern> KeyPattern::Make(std::string_view text) {
  KeyPatternParser parser(text);
  if (const std::string problem = parser.Parse(); !problem.empty()) {
    return base::MakeError(base::ErrorKind::kConfig, "not a valid pattern " + problem);
  }
  return std::move(parser).Finish();
}

std::string KeyPattern::ProblemOf(std::string_view text) { return KeyPatternParser(text).Parse(); }

// Matches from the right to the left, each wildcard with as little as it can: that gives the
// wildcards to the left as much as they can have. Of the wildcards met so far only the last of each
// kind is ever made longer: what an earlier one would take on, the last can take itself.
class KeyMatch {
 public:
  KeyMatch(const KeyPattern& pattern, std::string_view key, std::vector<std::string_view>* values)
      : tokens_(pattern.tokens_), key_(key), values_(values), left_(tokens_.size()) {
    end_ = key.size();
  }

  bool Run() {
    for (;;) {
      if (left_ == 0 ? end_ == 0 : Step()) {
        if (left_ == 0 && end_ == 0) return true;
      } else if (!Backtrack()) {
        return false;
      }
    }
  }

 private:
  using Kind = KeyPattern::Kind;

  // A wildcard that may still take more.
  struct Wildcard {
    size_t token = 0;
    size_t begin = 0;
    size_t end = 0;
  };

  // Matches the last of the tokens that are left.
  bool Step() {
    const KeyPattern::Token& token = tokens_[left_ - 1];
    switch (token.kind) {
      case Kind::kLiteral:
        if (!key_.substr(0, end_).ends_with(token.literal)) return false;
        end_ -= token.literal.size();
        --left_;
        return true;
      case Kind::kCharacter:
        if (!InSegment(end_)) return false;
        end_ = CharacterBefore(key_, end_);
        --left_;
        return true;
      case Kind::kSegment:
      case Kind::kCapture:
        return StepSegment(token.kind == Kind::kCapture);
      case Kind::kAny:
      case Kind::kFolders:
        return StepAny(token.kind == Kind::kFolders);
    }
    return false;
  }

  bool InSegment(size_t end) const { return end > 0 && key_[end - 1] != '/'; }

  bool StepSegment(bool is_capture) {
    if (is_capture && !InSegment(end_)) return false;
    const size_t begin = is_capture ? CharacterBefore(key_, end_) : end_;
    segment_ = Wildcard{.token = left_ - 1, .begin = begin, .end = end_};
    GoOnBehind(*segment_);
    return true;
  }

  bool StepAny(bool is_folders) {
    if (is_folders && InSegment(end_)) return false;
    any_ = Wildcard{.token = left_ - 1, .begin = left_ == 1 ? 0 : end_, .end = end_};
    segment_.reset();
    GoOnBehind(*any_);
    return true;
  }

  void GoOnBehind(const Wildcard& wildcard) {
    const KeyPattern::Token& token = tokens_[wildcard.token];
    if (values_ != nullptr && token.kind == Kind::kCapture) {
      (*values_)[token.capture] = key_.substr(wildcard.begin, wildcard.end - wildcard.begin);
    }
    left_ = wildcard.token;
    end_ = wildcard.begin;
  }

  bool Backtrack() {
    if (segment_ && InSegment(segment_->begin)) {
      segment_->begin = CharacterBefore(key_, segment_->begin);
      GoOnBehind(*segment_);
      return true;
    }
    segment_.reset();
    if (!any_ || any_->begin == 0) return false;
    --any_->begin;
    GoOnBehind(*any_);
    return true;
  }

  const std::vector<KeyPattern::Token>& tokens_;
  const std::string_view key_;
  std::vector<std::string_view>* const values_;
  size_t left_;     // tokens
  size_t end_ = 0;  // of what is left of the key
  std::optional<Wildcard> segment_;
  std::optional<Wildcard> any_;
};

// In their order: a key that does not have them, as most do not, needs no closer look.
bool KeyPattern::HasLiterals(std::string_view rest) const {
  size_t at = 0;
  for (const Token& token : tokens_) {
    if (token.literal.empty()) continue;
    at = rest.find(token.literal, at);
    if (at == std::string_view::npos) return false;
    at += token.literal.size();
  }
  return true;
}

bool KeyPattern::Match(std::string_view key, std::vector<std::string_view>* values) const {
  if (!key.starts_with(prefix_)) return false;
  const std::string_view rest = key.substr(prefix_.size());
  if (!HasLiterals(rest)) return false;
  if (values != nullptr) values->resize(captures_.size());
  return KeyMatch(*this, rest, values).Run();
}

}  // namespace source
