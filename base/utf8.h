// UTF-8 that is what it claims to be. Destinations fail on, or silently lose, a string that is not.
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace base {

bool IsValidUtf8(std::string_view text);

/// `text` with every maximal invalid subpart (Unicode 15, section 3.9, table 3-7) replaced by one
/// U+FFFD, which is what browsers and Go's tools show for it. Valid text comes back as it is.
std::string ReplaceInvalidUtf8(std::string_view text);

/// The longest prefix of `text` that has at most `max_bytes` bytes and cuts no character.
std::string_view CutAtCharacter(std::string_view text, size_t max_bytes);

}  // namespace base
