// Whether a text is JSON that every reader takes. Pure function; thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

namespace cloudquery {

/// Readers limit how deep arrays and objects may nest (Go's to 10000, PostgreSQL by its stack).
inline constexpr size_t kMaxJsonDepth = 1000;

/// One JSON value as RFC 8259 has it, without a byte order mark, that moreover has only strings of
/// valid UTF-8 without lone surrogates, numbers that a double can hold (rounded), and at most
/// kMaxJsonDepth levels.
bool IsJson(std::string_view text);

}  // namespace cloudquery
