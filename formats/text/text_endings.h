// The endings of keys of text.
#pragma once

#include <initializer_list>
#include <string_view>

namespace formats {

/// Whether the key ends in one of them, in upper or lower case, perhaps followed by the ending of a
/// compression. There must be something before it.
bool HasTextEnding(std::string_view key, std::initializer_list<std::string_view> endings);

}  // namespace formats
