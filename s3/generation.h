// An object may be replaced while a sync reads it. Every read is pinned to an ETag, so that such a
// read fails instead of mixing two contents; the object is then listed again and read anew.
#pragma once

#include <memory>
#include <stop_token>

#include "arrow/status.h"
#include "s3/object_store.h"

namespace s3 {

/// One content of an object: what the sync's listing said of it, or what a later one does.
struct Generation {
  /// How often an object is listed again before it fails.
  static constexpr int kMaxRelistings = 2;

  /// Of the sync's listing; must outlive this.
  const ObjectInfo* listed = nullptr;
  /// Null: the object has not changed since.
  std::shared_ptr<const ObjectInfo> relisted;
  int relistings = 0;

  const ObjectInfo& info() const { return relisted != nullptr ? *relisted : *listed; }
};

/// After a kChanged: goes on to what the object is now. kChanged when it has done so too often,
/// kNotFound when the object is gone; else the errors of ObjectStore::List.
[[nodiscard]] arrow::Status Relist(ObjectStore& store, Generation& generation,
                                   const std::stop_token& stop);

}  // namespace s3
