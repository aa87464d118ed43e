// An object may be replaced while a sync reads it. Every read is pinned to an ETag, so that it
// fails instead of mixing two contents; the object is then listed again and read from the start.
#pragma once

#include <memory>
#include <stop_token>

#include "arrow/status.h"
#include "s3/object_store.h"

namespace s3 {

/// One content of an object, as the sync's listing or a later one describes it.
struct Generation {
  /// After this many new listings, another change is an error.
  static constexpr int kMaxRelistings = 2;

  /// From the sync's listing; must outlive this.
  const ObjectInfo* listed = nullptr;
  /// Null: the object has not changed since.
  std::shared_ptr<const ObjectInfo> relisted;
  int relistings = 0;

  const ObjectInfo& info() const { return relisted != nullptr ? *relisted : *listed; }
};

/// To be called after a kChanged: lists the object again. kChanged if it has changed too often,
/// kNotFound if the object is gone; else the errors of ObjectStore::List.
[[nodiscard]] arrow::Status Relist(ObjectStore& store, Generation& generation,
                                   const std::stop_token& stop);

}  // namespace s3
