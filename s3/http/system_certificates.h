// The certificate authorities that the system trusts.
#pragma once

#include <string>

namespace s3 {

/// The file with the system's authorities, where libcurl has to be told. Empty: it was built for
/// one distribution and finds them itself, or the system has none.
std::string SystemCaFile();

/// The first of the usual files that exists in `root`, a path without a slash at its end.
std::string UsualCaFile(const std::string& root);

}  // namespace s3
