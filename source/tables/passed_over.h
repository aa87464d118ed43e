// How many keys of a listing are not read, and why. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace source {

class PassedOver {
 public:
  struct Reason {
    int64_t keys = 0;
    std::string example;
  };

  /// `reason` follows a number: "are folder markers".
  void Add(std::string_view reason, std::string_view key) {
    auto [known, is_new] = reasons_.try_emplace(std::string(reason));
    ++known->second.keys;
    // The same one whatever the order of the listing.
    if (is_new || key < known->second.example) known->second.example = key;
    ++keys_;
  }

  int64_t keys() const { return keys_; }
  /// By what Add() was told, which follows a number.
  const std::map<std::string, Reason, std::less<>>& reasons() const { return reasons_; }

  /// `3 match "..." of ignore, such as "a/_x"; 1 ...`
  std::string Text() const;

 private:
  int64_t keys_ = 0;
  std::map<std::string, Reason, std::less<>> reasons_;
};

}  // namespace source
