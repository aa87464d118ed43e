// The terminal that a command writes to.
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstddef>

namespace source {

/// Columns of standard output; 0: it is no terminal, so lines may be as long as they like.
inline size_t TerminalWidth() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace source
