#include "formats/text/text_endings.h"

#include <algorithm>

#include "base/text.h"
#include "formats/text/compression.h"

namespace formats {

bool HasTextEnding(std::string_view key, std::initializer_list<std::string_view> endings) {
  const std::string_view plain = WithoutCompressionEnding(key);
  return std::ranges::any_of(endings, [&](std::string_view ending) {
    return plain.size() > ending.size() &&
           base::EqualsIgnoringAsciiCase(plain.substr(plain.size() - ending.size()), ending);
  });
}

}  // namespace formats
