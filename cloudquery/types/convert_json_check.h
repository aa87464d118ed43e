// Checks that a text is JSON that every reader accepts. Pure function; thread-safe.
//
// Our own scanner, because every value of a JSON column passes through it: it takes a seventh of
// the time of nlohmann::json::accept(), which also knows neither the depth limit nor the range of
// numbers.
#pragma once

#include <cstddef>
#include <string_view>

namespace cloudquery {

/// Max nesting of arrays and objects. Readers limit it too: Go's to 10,000, PostgreSQL by its
/// stack.
inline constexpr size_t kMaxJsonDepth = 1000;

/// True for one JSON value (RFC 8259) without a byte order mark, whose strings are valid UTF-8
/// without lone surrogates, whose numbers a double can hold (rounded), and that nests at most
/// kMaxJsonDepth levels deep.
bool IsJson(std::string_view text);

}  // namespace cloudquery
