#include "cloudquery/server/elf.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace cloudquery {
namespace {

// An ELF file in the format of this machine. Values that lie outside of the file are nullopt.
class ElfFile {
 public:
  explicit ElfFile(const std::string& path) : file_(path, std::ios::binary) {}

  template <typename T>
  std::optional<T> At(uint64_t offset) {
    T value{};
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(reinterpret_cast<char*>(&value), sizeof(value));
    return file_ ? std::optional(value) : std::nullopt;
  }

  std::string TextAt(uint64_t offset) {
    std::string text;
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    std::getline(file_, text, '\0');
    return text;
  }

 private:
  std::ifstream file_;
};

struct Segments {
  std::vector<ElfW(Phdr)> loaded;
  std::optional<ElfW(Phdr)> dynamic;

  /// Where in the file an address of memory comes from.
  std::optional<uint64_t> OffsetOf(uint64_t address) const {
    for (const auto& segment : loaded) {
      if (address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz) {
        return address - segment.p_vaddr + segment.p_offset;
      }
    }
    return std::nullopt;
  }
};

std::optional<Segments> SegmentsOf(ElfFile& file) {
  const auto header = file.At<ElfW(Ehdr)>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return std::nullopt;
  if (header->e_phentsize != sizeof(ElfW(Phdr))) return std::nullopt;
  Segments segments;
  for (uint64_t i = 0; i < header->e_phnum; ++i) {
    const auto segment = file.At<ElfW(Phdr)>(header->e_phoff + i * sizeof(ElfW(Phdr)));
    if (!segment) return std::nullopt;
    if (segment->p_type == PT_LOAD) segments.loaded.push_back(*segment);
    if (segment->p_type == PT_DYNAMIC) segments.dynamic = segment;
  }
  return segments;
}

std::optional<std::vector<std::string>> Needed(ElfFile& file) {
  const auto segments = SegmentsOf(file);
  if (!segments) return std::nullopt;
  std::vector<uint64_t> names;
  uint64_t strings = 0;
  if (segments->dynamic) {
    for (uint64_t at = 0; at < segments->dynamic->p_filesz; at += sizeof(ElfW(Dyn))) {
      const auto entry = file.At<ElfW(Dyn)>(segments->dynamic->p_offset + at);
      if (!entry) return std::nullopt;
      if (entry->d_tag == DT_NULL) break;
      if (entry->d_tag == DT_NEEDED) names.push_back(entry->d_un.d_val);
      if (entry->d_tag == DT_STRTAB) strings = entry->d_un.d_ptr;
    }
  }
  std::vector<std::string> libraries;
  for (const uint64_t name : names) {
    const auto offset = segments->OffsetOf(strings);
    if (!offset) return std::nullopt;
    libraries.push_back(file.TextAt(*offset + name));
  }
  return libraries;
}

}  // namespace

arrow::Result<std::vector<std::string>> NeededLibraries(const std::string& path) {
  ElfFile file(path);
  auto libraries = Needed(file);
  if (libraries) return *std::move(libraries);
  return base::MakeError(base::ErrorKind::kConfig,
                         path + " cannot be read, or is not an executable for this machine");
}

bool IsPartOfGlibc(const std::string& library) {
  static constexpr std::array<std::string_view, 8> kLibraries = {
      "libc.so.6",  "libm.so.6",      "libdl.so.2",  "libpthread.so.0",
      "librt.so.1", "libresolv.so.2", "libanl.so.1", "libutil.so.1"};
  return library.starts_with("ld-linux") ||
         std::find(kLibraries.begin(), kLibraries.end(), library) != kLibraries.end();
}

}  // namespace cloudquery
