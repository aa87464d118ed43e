// Reads ranges of one content of an object: every read is pinned to the ETag of its listing.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include "arrow/buffer.h"
#include "arrow/result.h"
#include "s3/checksum/range_checksum.h"
#include "s3/object_store.h"

namespace s3 {

/// Thread-safe.
class ObjectReader {
 public:
  /// `fresh_connections`: no read uses a connection that was kept open. `checksum`: the whole of
  /// the object is going to be read, and is compared with this afterwards.
  ObjectReader(std::shared_ptr<ObjectStore> store, ObjectInfo object, bool fresh_connections,
               std::optional<Checksum> checksum, std::stop_token stop);

  const ObjectInfo& object() const { return object_; }
  bool has_checksum() const { return checksum_.has_value(); }

  /// Errors are those of ObjectStore::Get.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::Buffer>> Read(ByteRange range);

  /// To be called when all of the object's data was read: reads what is missing of the object, such
  /// as its footer, if that is little, and compares the whole with its checksum. kCorrupt: it is
  /// not what is stored. OK when there is no checksum, or not all of the object was read exactly
  /// once.
  [[nodiscard]] arrow::Status Verify();

 private:
  const std::shared_ptr<ObjectStore> store_;
  const ObjectInfo object_;
  const bool fresh_connections_;
  const std::optional<Checksum> checksum_;
  const std::stop_token stop_;
  std::optional<RangeChecksum> read_;
};

}  // namespace s3
