// The start of the one-file executable: unpacks the program and continues as it.
#pragma once

#include "launcher/bundle.h"

namespace launcher {

/// Replaces this process by the program of the bundle, with the same arguments, so that signals and
/// the parent's wait reach the program itself. The files are in the cache directory, or in memory
/// if that cannot be used. Returns only on failure, with the exit code, after a message on standard
/// error.
int Launch(const Bundle& bundle, char** argv);

}  // namespace launcher
