// Text from elsewhere (keys, a server's messages) made fit to be shown and sent. Pure functions;
// thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace base {

/// `text` on one line of valid UTF-8 that does nothing to a terminal: invalid UTF-8 becomes U+FFFD;
/// control characters (C0, DEL, C1), line separators and characters that change the direction of
/// writing are escaped, as in `\n`, `\x1b`, `\u202e`. The rest stays as it is, backslashes too, so
/// doing it twice changes nothing.
std::string SafeForTerminal(std::string_view text);

/// `text`, or if it has more than `max_bytes` (at least 3), a prefix of it and "...". Cuts no
/// character.
std::string Shortened(std::string_view text, size_t max_bytes);

}  // namespace base
