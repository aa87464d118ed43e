// Checks and repairs UTF-8. Destinations fail on invalid strings, or silently lose them. Pure
// functions; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace base {

bool IsValidUtf8(std::string_view text);

/// `text` with every maximal invalid subpart (Unicode 15, section 3.9, table 3-7) replaced by one
/// U+FFFD, as browsers and Go's tools show it. Valid text is returned unchanged.
std::string ReplaceInvalidUtf8(std::string_view text);

/// The longest prefix of `text` that has at most `max_bytes` bytes and does not end inside a
/// character.
std::string_view CutAtCharacter(std::string_view text, size_t max_bytes);

}  // namespace base
