// Which objects a sync has handed over completely, in the order in which that happened.
// Thread-safe.
#pragma once

#include <mutex>
#include <vector>

#include "s3/object_store.h"

namespace source {

class Handovers {
 public:
  /// All rows of the object are with the record sink. It must outlive this.
  void Add(const s3::ObjectInfo& object) {
    const std::lock_guard lock(mutex_);
    order_.push_back(&object);
  }

  /// The objects so far; a later answer begins with an earlier one.
  std::vector<const s3::ObjectInfo*> order() const {
    const std::lock_guard lock(mutex_);
    return order_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<const s3::ObjectInfo*> order_;  // guarded by mutex_
};

}  // namespace source
