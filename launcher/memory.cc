#include "launcher/memory.h"

#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace launcher {
namespace {

// Linux 6.3 and later can be set to refuse memory files that do not say whether they hold programs.
// Earlier ones do not know the flag.
constexpr unsigned kExecutable = 0x0010U;  // MFD_EXEC of linux/memfd.h

UniqueFd MakeMemoryFile(const char* name) {
  UniqueFd fd(memfd_create(name, kExecutable));
  if (!fd.valid() && errno == EINVAL) fd = UniqueFd(memfd_create(name, 0));
  return fd;
}

}  // namespace

std::optional<std::vector<UniqueFd>> UnpackToMemory(const Bundle& bundle, std::string& why) {
  std::vector<UniqueFd> files;
  for (const BundledFile& file : bundle.files) {
    UniqueFd fd = MakeMemoryFile(file.name.c_str());
    if (!fd.valid() || !UnpackTo(fd.get(), file)) {
      why = "cannot write a file in memory: " + std::string(std::strerror(errno));
      return std::nullopt;
    }
    files.push_back(std::move(fd));
  }
  return files;
}

std::string LoaderOf(int program_fd) {
  ElfW(Ehdr) header{};
  if (pread(program_fd, &header, sizeof(header), 0) != sizeof(header)) return "";
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "";
  for (int i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    const auto offset = static_cast<off_t>(header.e_phoff + i * sizeof(segment));
    if (pread(program_fd, &segment, sizeof(segment), offset) != sizeof(segment)) return "";
    if (segment.p_type != PT_INTERP || segment.p_filesz > 4096) continue;
    std::string loader(segment.p_filesz, '\0');
    const ssize_t read = pread(program_fd, loader.data(), loader.size(), segment.p_offset);
    if (read != static_cast<ssize_t>(loader.size())) return "";
    return loader.c_str();  // without the zero byte at its end
  }
  return "";
}

}  // namespace launcher
