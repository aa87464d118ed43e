// Values as compact JSON text.
//
// They are converted by their type's rule first, so what is written is of a type that is sent.
// Integers and booleans are JSON's own. Floats are the shortest text that reads back the same;
// "NaN", "+Inf" and "-Inf" are strings. Decimals are strings, so that no reader rounds them. Byte
// strings are base64. UUIDs, dates, times and timestamps are strings (RFC 3339; with `Z` only where
// the type has a zone), or the plain number where the date is outside of the years 0 to 9999. A
// list is an array, a struct an object, a map an array of {"key":...,"value":...}, a union the
// value that it holds, a JSON value itself. A null is `null`. Pure functions; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "cloudquery/types/convert.h"

namespace cloudquery {

/// Appends `text` as a JSON string, U+FFFD in place of what is not valid UTF-8.
void AppendJsonString(std::string_view text, std::string* out);

/// One JSON text a value, in binary(); null where the value is null. `rule` is of kWriteJson and
/// was made for the array's type.
[[nodiscard]] arrow::Result<ArrayPtr> WriteJson(const TypeRule& rule, const ArrayPtr& array,
                                                const ConvertContext& context);

}  // namespace cloudquery
