// Reads ranges of one content of an object. Every read is pinned to the ETag of its listing.
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
  /// `fresh_connections`: no read uses a connection that was kept open. `checksum`: the whole
  /// object will be read and is then compared with this, see Verify.
  ObjectReader(std::shared_ptr<ObjectStore> store, ObjectInfo object, bool fresh_connections,
               std::optional<Checksum> checksum, std::stop_token stop);

  const ObjectInfo& object() const { return object_; }
  bool has_checksum() const { return checksum_.has_value(); }

  /// Errors are those of ObjectStore::Get.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::Buffer>> Read(ByteRange range);

  /// To be called after all data of the object was read. Reads the missing bytes, such as the
  /// footer, if they are few, and compares the whole content with the checksum. kCorrupt if they
  /// differ. OK also if there is no checksum, or if not every byte was read exactly once.
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
