// The order in which objects of several tables are read: one of each table in turn, so that no
// table waits for the end of another. A value; not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace source {

template <typename Item>
class RoundRobin {
 public:
  /// The items of each group, in their order.
  explicit RoundRobin(std::vector<std::vector<Item>> groups) : groups_(std::move(groups)) {}

  /// None is left: nothing.
  std::optional<Item> Next() {
    for (;; ++group_) {
      if (group_ == groups_.size()) {
        if (!any_in_round_) return std::nullopt;
        any_in_round_ = false;
        group_ = 0;
        ++round_;
      }
      if (round_ < groups_[group_].size()) {
        any_in_round_ = true;
        return groups_[group_++][round_];
      }
    }
  }

 private:
  const std::vector<std::vector<Item>> groups_;
  size_t round_ = 0;
  size_t group_ = 0;
  bool any_in_round_ = false;
};

}  // namespace source
