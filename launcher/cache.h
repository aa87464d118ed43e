// The directory in which the files of a bundle are unpacked, once for all starts.
//
//   ~/.cache/cq-source-s3/             only its owner may enter it
//     lock                             locked while files are unpacked
//     unpacking/                       incomplete; the next one that holds the lock removes it
//     <id of the bundle>/              complete; its time is that of its last use
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "launcher/bundle.h"

namespace launcher {

struct CacheOptions {
  /// Created if it does not exist, with its parents.
  std::string root;
  /// How long to wait for another process that unpacks.
  std::chrono::milliseconds lock_timeout{10000};
};

/// The directory with the files of the bundle. Their content is checked at each call. Files that
/// are missing or damaged are unpacked; bundles that were not used for 30 days are removed then.
/// Safe to call from several processes at a time. Empty, with the reason in `why`: this directory
/// cannot be used.
std::optional<std::string> DirectoryWith(const Bundle& bundle, const CacheOptions& options,
                                         std::string& why);

/// $XDG_CACHE_HOME/cq-source-s3, else $HOME/.cache/cq-source-s3. Empty: neither variable has an
/// absolute path.
std::string CacheRoot();

}  // namespace launcher
