// Names that destinations can hold and tell apart: how long they may be, when two of them are the
// same, and how one is made different without regard to what is beside it. Pure functions;
// thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cloudquery {

/// PostgreSQL cuts a longer identifier without a word (NAMEDATALEN - 1).
inline constexpr size_t kMaxIdentifierBytes = 63;

/// ASCII letters in lower case. Names that are then equal are the same name to SQLite, DuckDB and
/// others.
std::string FoldCase(std::string_view name);

/// `name`, cut at a character so that the result has at most `max_bytes`, with "_" and the first 8
/// hex digits of the SHA-256 of `hashed`. `max_bytes` is at least 9.
std::string WithHash(std::string_view name, std::string_view hashed,
                     size_t max_bytes = kMaxIdentifierBytes);

/// `full` itself when it has at most `max_bytes`, else WithHash(full, full, max_bytes). The result
/// depends on `full` alone, so it stays the same whatever other names there are.
std::string CutName(std::string_view full, size_t max_bytes = kMaxIdentifierBytes);

}  // namespace cloudquery
