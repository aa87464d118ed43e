#include "formats/jsonl/json_value.h"

#include "base/text.h"
#include "formats/text/parse_text.h"

namespace formats {
namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

JsonFault GuessObject(value object_value, int depth, JsonGuess* guess) {
  simdjson::ondemand::object object;
  if (const auto error = object_value.get_object().get(object)) return FaultOf(error);
  guess->AddObject();
  for (auto field : object) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return FaultOf(error);
    JsonGuess ignored;
    JsonGuess* known = guess->AddField(key);
    value inner;
    if (const auto error = field.value().get(inner)) return FaultOf(error);
    if (auto fault = GuessValue(inner, depth + 1, known == nullptr ? &ignored : known)) {
      return fault;
    }
  }
  return {};
}

JsonFault GuessArray(value array_value, int depth, JsonGuess* guess) {
  simdjson::ondemand::array array;
  if (const auto error = array_value.get_array().get(array)) return FaultOf(error);
  guess->AddArray();
  for (auto item : array) {
    value inner;
    if (const auto error = item.get(inner)) return FaultOf(error);
    if (auto fault = GuessValue(inner, depth + 1, guess->AddItem())) return fault;
  }
  return {};
}

JsonFault GuessToken(std::string_view token, JsonGuess* guess) {
  if (token == "null") {
    guess->AddNull();
  } else if (token == "true" || token == "false") {
    guess->AddBool();
  } else if (IsJsonNumber(token)) {
    guess->AddNumber(token);
  } else {
    return {"it is not valid JSON"};
  }
  return {};
}

}  // namespace

JsonFault FaultOf(simdjson::error_code error) {
  return {"it is not valid JSON (" + std::string(simdjson::error_message(error)) + ")"};
}

bool IsAtEnd(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

simdjson::error_code TokenOf(value& value, std::string_view* token) {
  *token = base::Trimmed(value.raw_json_token());
  return simdjson::SUCCESS;
}

JsonFault GuessValue(value value, int depth, JsonGuess* guess) {
  if (depth > kMaxJsonDepth) {
    guess->AddAny();
    return {};
  }
  json_type type;
  if (const auto error = value.type().get(type)) return FaultOf(error);
  switch (type) {
    case json_type::object:
      return GuessObject(value, depth, guess);
    case json_type::array:
      return GuessArray(value, depth, guess);
    case json_type::string: {
      std::string_view text;
      if (const auto error = value.get_string().get(text)) return FaultOf(error);
      guess->AddString(text);
      return {};
    }
    default: {
      std::string_view token;
      if (const auto error = TokenOf(value, &token)) return FaultOf(error);
      return GuessToken(token, guess);
    }
  }
}

}  // namespace formats
