// Values of JSON as simdjson reads them, and what they tell.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "formats/jsonl/json_guess.h"

namespace formats {

/// Nesting beyond which values are not looked at.
inline constexpr int kMaxJsonDepth = 64;

/// Why a text is not the JSON that it should be.
struct JsonFault {
  std::string text;
  explicit operator bool() const { return !text.empty(); }
};

JsonFault FaultOf(simdjson::error_code error);

/// Whether nothing follows what was read of the document.
bool IsAtEnd(simdjson::ondemand::document& document);

/// A number, true, false or null as it is written.
simdjson::error_code TokenOf(simdjson::ondemand::value& value, std::string_view* token);

/// Adds a value to what is known of others.
JsonFault GuessValue(simdjson::ondemand::value value, int depth, JsonGuess* guess);

}  // namespace formats
