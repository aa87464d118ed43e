#include "source/commands/yaml_json.h"

#include <yaml-cpp/yaml.h>

#include <array>
#include <charconv>
#include <optional>
#include <regex>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 100;

arrow::Status YamlError(const YAML::Mark& mark, const std::string& what) {
  const std::string line = mark.is_null() ? "" : "line " + std::to_string(mark.line + 1) + ": ";
  return base::MakeError(base::ErrorKind::kConfig, line + what);
}

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

std::optional<Json> ParseInteger(std::string text) {
  static const std::regex kInteger("[-+]?(0|[1-9][0-9_]*|0[0-7_]+|0x[0-9a-fA-F_]+)");
  if (!std::regex_match(text, kInteger)) return std::nullopt;
  std::erase(text, '_');
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.erase(0, 1);
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.erase(0, 2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  if (negative) text.insert(0, "-");
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value, base);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

Json PlainScalar(const std::string& text) {
  if (IsOneOf(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  const std::string lower = base::ToLowerAscii(text);
  // Words are in lower case, in capitals, or begin with a capital.
  if (text == lower || text.substr(1) == lower.substr(1) || lower.size() == 1 ||
      text.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos) {
    if (IsOneOf(lower, {"y", "yes", "true", "on"})) return true;
    if (IsOneOf(lower, {"n", "no", "false", "off"})) return false;
  }
  if (auto integer = ParseInteger(text)) return *integer;
  static const std::regex kFloat("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
  if (std::regex_match(text, kFloat)) return std::strtod(text.c_str(), nullptr);
  return text;
}

// A text whose variables are replaced by names that can be part of any scalar.
class Placeholders {
 public:
  explicit Placeholders(const std::string& text) {
    while (text.find(mark_) != std::string::npos) mark_ += "q";
    static const std::regex kVariable(R"(\$\{([^}]+)\})");
    std::sregex_iterator found(text.begin(), text.end(), kVariable);
    size_t end = 0;
    for (; found != std::sregex_iterator(); ++found) {
      text_.append(text, end, static_cast<size_t>(found->position()) - end);
      text_ += mark_ + std::to_string(names_.size()) + ".";
      names_.push_back((*found)[1]);
      end = static_cast<size_t>(found->position() + found->length());
    }
    text_.append(text, end);
  }

  const std::string& text() const { return text_; }
  bool AreIn(const std::string& scalar) const { return scalar.find(mark_) != std::string::npos; }

  arrow::Result<std::string> Expand(const std::string& scalar, size_t document,
                                    const ExpandVariable& expand) const {
    std::string out;
    size_t begin = 0;
    for (;;) {
      const size_t at = scalar.find(mark_, begin);
      if (at == std::string::npos) return out + scalar.substr(begin);
      out += scalar.substr(begin, at - begin);
      const size_t end = scalar.find('.', at);
      const size_t number = std::stoul(scalar.substr(at + mark_.size(), end - at - mark_.size()));
      ARROW_ASSIGN_OR_RAISE(const std::string value, expand(document, names_[number]));
      out += value;
      begin = end + 1;
    }
  }

 private:
  std::string mark_ = "cqvariable";
  std::string text_;
  std::vector<std::string> names_;
};

class Converter {
 public:
  Converter(const Placeholders& placeholders, size_t document, const ExpandVariable& expand)
      : placeholders_(placeholders), document_(document), expand_(expand) {}

  arrow::Result<Json> Convert(const YAML::Node& node, int depth = 0) const {
    if (depth > kMaxDepth) return YamlError(node.Mark(), "the document is nested too deeply");
    if (node.IsMap()) return ConvertMap(node, depth);
    if (node.IsSequence()) {
      Json list = Json::array();
      for (const YAML::Node& item : node) {
        ARROW_ASSIGN_OR_RAISE(Json value, Convert(item, depth + 1));
        list.push_back(std::move(value));
      }
      return list;
    }
    return node.IsScalar() ? ConvertScalar(node, depth) : Json(nullptr);
  }

 private:
  arrow::Result<Json> ConvertScalar(const YAML::Node& node, int depth) const {
    const std::string& text = node.Scalar();
    const bool quoted = node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str";
    if (!placeholders_.AreIn(text)) return quoted ? Json(text) : PlainScalar(text);
    ARROW_ASSIGN_OR_RAISE(std::string expanded, placeholders_.Expand(text, document_, expand_));
    if (quoted || expanded.find_first_of("\r\n") != std::string::npos) return expanded;
    try {
      return Convert(YAML::Load(expanded), depth + 1);
    } catch (const YAML::Exception&) {
      return expanded;  // its text, which may be secret, would be in the message
    }
  }

  arrow::Result<Json> ConvertMap(const YAML::Node& node, int depth) const {
    Json object = Json::object();
    Json merged = Json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return YamlError(entry.first.Mark(), "a key must be a text");
      ARROW_ASSIGN_OR_RAISE(Json value, Convert(entry.second, depth + 1));
      ARROW_ASSIGN_OR_RAISE(const std::string key,
                            placeholders_.Expand(entry.first.Scalar(), document_, expand_));
      if (key == "<<") {
        for (const Json& part : value.is_array() ? value : Json::array({value})) {
          if (part.is_object()) merged.insert(part.begin(), part.end());
        }
      } else if (object.contains(key)) {
        return YamlError(entry.first.Mark(), "key " + base::Quoted(key) + " comes twice");
      } else {
        object[key] = std::move(value);
      }
    }
    for (const auto& [key, value] : merged.items()) {
      if (!object.contains(key)) object[key] = value;
    }
    return object;
  }

  const Placeholders& placeholders_;
  const size_t document_;
  const ExpandVariable& expand_;
};

}  // namespace

arrow::Result<std::string> KeepVariable(size_t document, const std::string& name) {
  return "${" + name + "}";
}

arrow::Result<std::vector<Json>> ParseYaml(const std::string& text, const ExpandVariable& expand) {
  const Placeholders placeholders(text);
  std::vector<Json> documents;
  try {  // yaml-cpp throws on text that is not YAML
    for (const YAML::Node& node : YAML::LoadAll(placeholders.text())) {
      ARROW_ASSIGN_OR_RAISE(Json document,
                            Converter(placeholders, documents.size(), expand).Convert(node));
      documents.push_back(std::move(document));
    }
  } catch (const YAML::Exception& error) {
    return YamlError(error.mark, error.msg);
  }
  return documents;
}

}  // namespace source
