// How many keys of a listing are not read, and why. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace source {

class PassedOver {
 public:
  /// `reason` follows a number: "are folder markers".
  void Add(std::string_view reason, std::string_view key) {
    auto [known, is_new] = reasons_.try_emplace(std::string(reason));
    ++known->second.keys;
    // The same one whatever the order of the listing.
    if (is_new || key < known->second.example) known->second.example = key;
    ++keys_;
  }

  int64_t keys() const { return keys_; }

  /// `3 match "..." of ignore, such as "a/_x"; 1 ...`
  std::string Text() const;

 private:
  struct Reason {
    int64_t keys = 0;
    std::string example;
  };
  int64_t keys_ = 0;
  std::map<std::string, Reason, std::less<>> reasons_;
};

}  // namespace source
