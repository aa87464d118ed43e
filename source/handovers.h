// Which objects a sync has handed over completely, in the order in which that happened.
// Thread-safe.
#pragma once

#include <mutex>
#include <vector>

#include "source/generation.h"

namespace source {

class Handovers {
 public:
  /// All rows of this content of the object are with the record sink.
  void Add(const Generation& generation) {
    const std::lock_guard lock(mutex_);
    order_.push_back(generation);
  }

  /// The objects so far; a later answer begins with an earlier one.
  std::vector<Generation> order() const {
    const std::lock_guard lock(mutex_);
    return order_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Generation> order_;  // guarded by mutex_
};

}  // namespace source
