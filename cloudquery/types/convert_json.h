// Values as compact JSON text. Pure functions; thread-safe.
//
// Values are converted by their type's rule first, so these are the types that are sent:
//   integers, booleans   JSON numbers and booleans
//   floats               the shortest text that reads back the same; NaN, +Inf and -Inf as strings
//   decimals             strings, so that no reader rounds them
//   byte strings         base64
//   UUIDs                strings
//   dates, times         strings (RFC 3339; with `Z` only if the type has a zone), or the plain
//                        number if the date is outside the years 0 to 9999
//   lists, structs       arrays, objects
//   maps                 arrays of {"key":...,"value":...}
//   unions               the value that they hold
//   JSON                 the text itself
//   nulls                null
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/convert.h"

namespace cloudquery {

/// Appends `text` as a JSON string, with U+FFFD in place of invalid UTF-8.
void AppendJsonString(std::string_view text, std::string* out);

/// Appends the value of a row as JSON.
using JsonAppender = std::function<void(int64_t row, std::string* out)>;

/// For the values of `array`, which `field` describes. Keeps what it needs of the array.
[[nodiscard]] arrow::Result<JsonAppender> MakeJsonAppender(const arrow::Field& field,
                                                           const ArrayPtr& array,
                                                           const ConvertContext& context);

/// One JSON text for each value, in binary(); null where the value is null. `rule` has the
/// conversion kWriteJson and was made for the array's type.
[[nodiscard]] arrow::Result<ArrayPtr> WriteJson(const TypeRule& rule, const ArrayPtr& array,
                                                const ConvertContext& context);

}  // namespace cloudquery
