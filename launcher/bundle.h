// The files that travel inside the one-file executable: the program, and the shared libraries that
// Debian has no static ones of. Each is compressed with zstd by itself and has a hash of its
// content.
//
// A bundle is an index and the compressed files, one after the other. The index has a magic number,
// the number of files and, for each, the length of its name (16 bits), the name, its size and
// compressed size (64 bits each) and its hash. Numbers have the byte order of the machine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace launcher {

/// XXH3-128 in its canonical form. It finds damage: files that are cut off, or that a crash left
/// empty. It is not meant to withstand an attacker, who would have to be the user.
using Hash = std::array<unsigned char, 16>;

struct BundledFile {
  /// A plain file name.
  std::string name;
  uint64_t size = 0;
  Hash hash{};
  /// The zstd frame, in the memory that was parsed.
  std::string_view packed;
};

struct Bundle {
  /// Lower-case hex. Bundles whose files differ have different ids.
  std::string id;
  /// Never empty. The first one is the program.
  std::vector<BundledFile> files;
};

struct FileToPack {
  std::string name;
  std::string content;
};

/// Packs at least one file. `level` is zstd's compression level. Empty: zstd failed.
std::string PackBundle(std::span<const FileToPack> files, int level);

/// `bytes` must outlive the result. Empty: not a bundle, or an incomplete one.
std::optional<Bundle> ParseBundle(std::string_view bytes);

/// Writes the content of a file. False: it cannot be written, or the bundle is damaged.
[[nodiscard]] bool UnpackTo(int fd, const BundledFile& file);

/// Whether an open file has the content of `file`.
[[nodiscard]] bool HasContentOf(int fd, const BundledFile& file);

}  // namespace launcher
