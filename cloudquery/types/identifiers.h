// Identifiers that destinations can hold and tell apart: their max length, when two of them are
// equal, and how one gets a hash, without regard to other names. Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cloudquery {

/// PostgreSQL cuts longer identifiers silently (NAMEDATALEN - 1).
inline constexpr size_t kMaxIdentifierBytes = 63;

/// `name` with its ASCII letters in lower case. SQLite, DuckDB and others take names that are equal
/// then for the same name.
std::string FoldCase(std::string_view name);

/// `name` with "_" and the first 8 hex digits of the SHA-256 of `hashed`. Cuts `name` between
/// characters so that the result has at most `max_bytes`, which is at least 9.
std::string WithHash(std::string_view name, std::string_view hashed,
                     size_t max_bytes = kMaxIdentifierBytes);

/// `full` itself if it has at most `max_bytes`, else WithHash(full, full, max_bytes). The result
/// depends only on `full`, so no other name changes it.
std::string CutName(std::string_view full, size_t max_bytes = kMaxIdentifierBytes);

}  // namespace cloudquery
