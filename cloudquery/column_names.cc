#include "cloudquery/column_names.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "cloudquery/utf8.h"

namespace cloudquery {
namespace {

constexpr std::string_view kNameOfNothing = "column";

bool IsUnfit(char c) { return c == '"' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

EmittedName Clean(const std::string& raw, size_t max_bytes) {
  if (raw.empty()) return {std::string(kNameOfNothing), "it is empty"};
  std::string name = ReplaceInvalidUtf8(raw);
  std::replace_if(name.begin(), name.end(), IsUnfit, '_');
  const bool characters_changed = name != raw;
  const std::string_view kept = Utf8Prefix(name, max_bytes);
  if (characters_changed) return {std::string(kept), "it holds characters that no column may have"};
  if (kept.size() < name.size()) return {std::string(kept), "it is too long"};
  return {std::move(name), ""};
}

class Namer {
 public:
  Namer(std::span<const std::string_view> reserved, size_t max_bytes) : max_bytes_(max_bytes) {
    for (const std::string_view name : reserved) {
      taken_.insert(FoldCase(name));
      reserved_.insert(FoldCase(name));
    }
  }

  bool Claim(std::string_view name) { return taken_.insert(FoldCase(name)).second; }

  // The first free one of base, base_2, base_3, ...
  EmittedName FindFree(EmittedName base) {
    if (Claim(base.name)) return base;
    if (base.why.empty()) {
      base.why = reserved_.contains(FoldCase(base.name)) ? "that name is CloudQuery's own"
                                                         : "another one has it, but for its case";
    }
    for (int& number = next_number_.try_emplace(FoldCase(base.name), 2).first->second;; ++number) {
      const std::string digits = std::to_string(number);
      std::string name(Utf8Prefix(base.name, max_bytes_ - std::min(max_bytes_, digits.size() + 1)));
      name += '_';
      name += digits;
      if (Claim(name)) return {std::move(name), base.why};
    }
  }

 private:
  const size_t max_bytes_;
  std::unordered_set<std::string> taken_;
  std::unordered_set<std::string> reserved_;
  std::unordered_map<std::string, int> next_number_;
};

std::vector<EmittedName> Emit(std::span<const std::string> names,
                              std::span<const std::string_view> reserved, size_t max_bytes) {
  std::vector<EmittedName> cleaned;
  cleaned.reserve(names.size());
  for (const std::string& name : names) cleaned.push_back(Clean(name, max_bytes));

  // Going through them in an order of their own, not in the order they came in, is what makes the
  // outcome depend on the names alone.
  std::vector<size_t> order(names.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return names[a] > names[b]; });

  Namer namer(reserved, max_bytes);
  std::vector<EmittedName> emitted(names.size());
  std::vector<size_t> rest;
  for (const size_t i : order) {
    if (cleaned[i].why.empty() && namer.Claim(cleaned[i].name)) {
      emitted[i] = cleaned[i];
    } else {
      rest.push_back(i);
    }
  }
  for (const size_t i : rest) emitted[i] = namer.FindFree(std::move(cleaned[i]));
  return emitted;
}

}  // namespace

std::string FoldCase(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

std::vector<EmittedName> EmittedColumnNames(std::span<const std::string> names,
                                            std::span<const std::string_view> reserved) {
  return Emit(names, reserved, kMaxColumnNameBytes);
}

std::vector<EmittedName> EmittedFieldNames(std::span<const std::string> names) {
  return Emit(names, {}, std::numeric_limits<size_t>::max());
}

}  // namespace cloudquery
