// What an executable file needs of a system.
#pragma once

#include <string>
#include <vector>

#include "arrow/result.h"

namespace cloudquery {

/// The shared libraries that an executable names (its DT_NEEDED entries), such as "libc.so.6".
/// Empty for a static one. kConfig: the file cannot be read, or is not an executable of this
/// machine's kind.
[[nodiscard]] arrow::Result<std::vector<std::string>> NeededLibraries(const std::string& path);

/// Whether a library is part of glibc, which every Linux has that the plugin runs on.
bool IsPartOfGlibc(const std::string& library);

}  // namespace cloudquery
