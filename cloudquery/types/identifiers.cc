#include "cloudquery/types/identifiers.h"

#include <span>

#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"

namespace cloudquery {
namespace {

constexpr size_t kHashBytes = 4;
constexpr size_t kSuffixBytes = 1 + 2 * kHashBytes;  // an underscore and the hex digits

}  // namespace

std::string FoldCase(std::string_view name) { return base::ToLowerAscii(name); }

std::string WithHash(std::string_view name, std::string_view hashed, size_t max_bytes) {
  const base::Sha256Digest digest = base::Sha256(hashed);
  std::string result(base::CutAtCharacter(name, max_bytes - kSuffixBytes));
  result += '_';
  result += base::ToHex(std::span(digest).first(kHashBytes));
  return result;
}

std::string CutName(std::string_view full, size_t max_bytes) {
  return full.size() <= max_bytes ? std::string(full) : WithHash(full, full, max_bytes);
}

}  // namespace cloudquery
