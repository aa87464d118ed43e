#include "launcher/bundle.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace launcher {
namespace {

constexpr std::string_view kMagic = "CQFILES1";

Hash Canonical(XXH128_hash_t value) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, value);
  Hash hash;
  std::memcpy(hash.data(), canonical.digest, hash.size());
  return hash;
}

Hash HashOf(std::string_view bytes) { return Canonical(XXH3_128bits(bytes.data(), bytes.size())); }

std::string ToHex(const Hash& hash) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : hash) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

template <typename T>
void Put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// Takes values from the front of a text. After a value that is not there, `ok` is false.
struct Reader {
  std::string_view rest;
  bool ok = true;

  std::string_view Take(uint64_t bytes) {
    if (bytes > rest.size()) ok = false;
    const std::string_view taken = rest.substr(0, bytes);
    rest.remove_prefix(taken.size());
    return taken;
  }

  template <typename T>
  T Get() {
    T value{};
    const std::string_view taken = Take(sizeof(value));
    if (ok) std::memcpy(&value, taken.data(), sizeof(value));
    return value;
  }
};

bool IsFileName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

std::string PackBundle(std::span<const FileToPack> files, int level) {
  std::string index(kMagic), frames;
  Put(index, static_cast<uint32_t>(files.size()));
  for (const FileToPack& file : files) {
    std::string frame(ZSTD_compressBound(file.content.size()), '\0');
    const size_t packed =
        ZSTD_compress(frame.data(), frame.size(), file.content.data(), file.content.size(), level);
    if (ZSTD_isError(packed)) return "";
    Put(index, static_cast<uint16_t>(file.name.size()));
    index += file.name;
    Put(index, static_cast<uint64_t>(file.content.size()));
    Put(index, static_cast<uint64_t>(packed));
    Put(index, HashOf(file.content));
    frames.append(frame, 0, packed);
  }
  return index + frames;
}

std::optional<Bundle> ParseBundle(std::string_view bytes) {
  Reader reader{bytes};
  if (reader.Take(kMagic.size()) != kMagic) return std::nullopt;
  const auto count = reader.Get<uint32_t>();
  Bundle bundle;
  std::vector<uint64_t> packed_sizes;
  for (uint32_t i = 0; i < count && reader.ok; ++i) {
    BundledFile file;
    file.name = reader.Take(reader.Get<uint16_t>());
    file.size = reader.Get<uint64_t>();
    packed_sizes.push_back(reader.Get<uint64_t>());
    file.hash = reader.Get<Hash>();
    if (!IsFileName(file.name)) return std::nullopt;
    bundle.files.push_back(std::move(file));
  }
  if (!reader.ok || bundle.files.empty()) return std::nullopt;
  bundle.id = ToHex(HashOf(bytes.substr(0, bytes.size() - reader.rest.size())));
  for (size_t i = 0; i < bundle.files.size(); ++i) {
    bundle.files[i].packed = reader.Take(packed_sizes[i]);
  }
  if (!reader.ok || !reader.rest.empty()) return std::nullopt;
  return bundle;
}

bool UnpackTo(int fd, const BundledFile& file) {
  const std::unique_ptr<ZSTD_DStream, FreeStream> stream(ZSTD_createDStream());
  const std::unique_ptr<XXH3_state_t, FreeStream> hash(XXH3_createState());
  if (stream == nullptr || hash == nullptr) return false;
  XXH3_128bits_reset(hash.get());
  std::vector<char> block(ZSTD_DStreamOutSize());
  ZSTD_inBuffer in{file.packed.data(), file.packed.size(), 0};
  for (bool ended = false; !ended;) {
    ZSTD_outBuffer out{block.data(), block.size(), 0};
    const size_t left = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(left)) return false;
    ended = left == 0;
    // The frame is cut off: there is neither input nor output left.
    if (!ended && out.pos == 0 && in.pos == in.size) return false;
    XXH3_128bits_update(hash.get(), block.data(), out.pos);
    if (!WriteAll(fd, {block.data(), out.pos})) return false;
  }
  return Canonical(XXH3_128bits_digest(hash.get())) == file.hash;
}

bool HasContentOf(int fd, const BundledFile& file) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<uint64_t>(status.st_size) != file.size) {
    return false;
  }
  if (file.size == 0) return HashOf("") == file.hash;
  void* memory = mmap(nullptr, file.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  if (memory == MAP_FAILED) return false;
  const bool same = HashOf({static_cast<const char*>(memory), file.size}) == file.hash;
  munmap(memory, file.size);
  return same;
}

}  // namespace launcher
