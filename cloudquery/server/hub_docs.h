// The pages that are shown on CloudQuery's hub.
#pragma once

#include <string>

#include "arrow/status.h"

namespace cloudquery {

/// Copies the Markdown pages of a folder, without its subfolders. kConfig: there is no overview.md,
/// which the hub shows first; a page has HTML, which the hub does not show; a link names a file
/// that is not copied; or a file cannot be read or written. The message names the page.
[[nodiscard]] arrow::Status CopyHubDocs(const std::string& from, const std::string& to);

}  // namespace cloudquery
