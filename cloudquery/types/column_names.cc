#include "cloudquery/types/column_names.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "base/utf8.h"
#include "cloudquery/types/identifiers.h"

namespace cloudquery {
namespace {

constexpr std::string_view kEmptyName = "column";

bool IsInvalid(char c) { return c == '"' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// The valid name, without regard to other names.
EmittedName Clean(const std::string& raw, size_t max_bytes) {
  if (raw.empty()) return {std::string(kEmptyName), "it is empty"};
  std::string name = base::ReplaceInvalidUtf8(raw);
  std::replace_if(name.begin(), name.end(), IsInvalid, '_');
  const bool characters_changed = name != raw;
  const bool too_long = name.size() > max_bytes;
  if (too_long) name = WithHash(name, raw, max_bytes);
  if (characters_changed)
    return {std::move(name), "it has characters that are not valid in a column name"};
  return {std::move(name), too_long ? "it is too long" : ""};
}

// Emits names one after the other. Each depends only on itself and on those before it.
class Namer {
 public:
  Namer(std::span<const std::string_view> reserved, size_t max_bytes) : max_bytes_(max_bytes) {
    for (const std::string_view name : reserved) {
      taken_.insert(FoldCase(name));
      reserved_.insert(FoldCase(name));
    }
  }

  EmittedName Next(const std::string& raw) {
    EmittedName emitted = Clean(raw, max_bytes_);
    if (Claim(emitted.name)) return emitted;
    if (emitted.why.empty()) {
      emitted.why = reserved_.contains(FoldCase(emitted.name))
                        ? "that name is reserved for CloudQuery"
                        : "another one has the same name, ignoring case";
    }
    // One suffix is not enough for a name that occurs three times, or if another name already ends
    // in this hash.
    for (int& suffixes = suffixes_[raw];;) {
      const std::string hashed = suffixes == 0 ? raw : raw + '\0' + std::to_string(suffixes);
      ++suffixes;
      std::string name = WithHash(emitted.name, hashed, max_bytes_);
      if (Claim(name)) return {std::move(name), emitted.why};
    }
  }

 private:
  bool Claim(std::string_view name) { return taken_.insert(FoldCase(name)).second; }

  const size_t max_bytes_;
  std::unordered_set<std::string> taken_;
  std::unordered_set<std::string> reserved_;
  std::unordered_map<std::string, int> suffixes_;  // tried so far, by the raw name
};

}  // namespace

std::vector<EmittedName> EmittedColumnNames(std::span<const std::string> names,
                                            std::span<const std::string_view> reserved) {
  Namer namer(reserved, kMaxIdentifierBytes);
  std::vector<EmittedName> emitted;
  emitted.reserve(names.size());
  for (const std::string& name : names) emitted.push_back(namer.Next(name));
  return emitted;
}

std::vector<EmittedName> EmittedFieldNames(std::span<const std::string> names) {
  constexpr size_t kAnyLength = std::numeric_limits<size_t>::max();
  // The order of the names, not that of the fields, so that the outcome depends only on the names.
  std::vector<size_t> order(names.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](size_t i) { return names[i]; });
  std::ranges::stable_partition(order,
                                [&](size_t i) { return Clean(names[i], kAnyLength).why.empty(); });
  Namer namer({}, kAnyLength);
  std::vector<EmittedName> emitted(names.size());
  for (const size_t i : order) emitted[i] = namer.Next(names[i]);
  return emitted;
}

}  // namespace cloudquery
