// An object may be replaced while a sync reads it. Every read is pinned to an ETag, so that such a
// read fails instead of mixing two contents; the object is then listed again and read anew.
#pragma once

#include <memory>
#include <stop_token>

#include "arrow/status.h"
#include "s3/object_store.h"

namespace source {

/// One content of an object: what the sync's listing said of it, or what a later one does.
struct Generation {
  /// How often an object is listed again before it fails.
  static constexpr int kMostRenewals = 2;

  /// Of the sync's listing; must outlive this.
  const s3::ObjectInfo* listed = nullptr;
  /// Null: the object has not changed since.
  std::shared_ptr<const s3::ObjectInfo> renewed;
  int renewals = 0;

  const s3::ObjectInfo& info() const { return renewed != nullptr ? *renewed : *listed; }
};

/// After a kChanged: goes on to what the object is now. kChanged when it has done so too often,
/// kNotFound when the object is gone; else the errors of ObjectStore::List.
[[nodiscard]] arrow::Status Renew(s3::ObjectStore& store, Generation& generation,
                                  const std::stop_token& stop);

}  // namespace source
