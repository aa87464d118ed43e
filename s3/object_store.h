// The interface of object stores: list keys, read ranges. S3Store (s3/s3_store.h) speaks HTTP to
// S3, MemoryStore (s3/memory_store.h) keeps objects in memory; both pass the contract in
// s3/object_store_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/result.h"
#include "base/time.h"
#include "s3/checksum/checksum.h"

namespace s3 {

/// Time of S3's LastModified, in nanoseconds since the Unix epoch (S3 itself gives milliseconds or
/// seconds).
using Timestamp = base::Timestamp;

/// One object as a listing describes it.
struct ObjectInfo {
  std::string key;
  int64_t size_bytes = 0;
  /// Opaque, and always with quotes, which are added if the listing has none (s3/etag.h). Empty if
  /// the server sends no ETag.
  std::string etag;
  Timestamp last_modified{};
  /// As S3 names it, e.g. "STANDARD" or "GLACIER"; empty if the server sends none.
  std::string storage_class;
  /// The object is archived, but a temporary copy can be read.
  bool restored = false;
  /// The service stores a checksum of the whole content, see ObjectStore::StoredChecksum.
  bool whole_checksum = false;

  bool operator==(const ObjectInfo&) const = default;
};

/// Whether a Get will be refused until the object is restored. Intelligent-Tiering has archive
/// tiers too, which listings do not show: for such objects only the Get fails with kArchived.
inline bool IsArchived(const ObjectInfo& object) {
  const std::string& storage = object.storage_class;
  return (storage == "GLACIER" || storage == "DEEP_ARCHIVE") && !object.restored;
}

struct ListRequest {
  /// Plain key prefix; may end inside a name. Empty: the whole bucket.
  std::string prefix;
  /// Only keys after this one, in the order of their UTF-8 bytes. Empty: all.
  std::string start_after;
  /// Keys that contain this after the prefix are not listed; the part of each up to and including
  /// the delimiter is listed as a common prefix instead. Empty: all keys are listed.
  std::string delimiter;
  /// Continuation token of the page before; empty for the first page.
  std::string continuation;
  /// At most this many keys; S3 returns at most 1,000.
  int max_keys = 1000;
};

struct ListPage {
  /// In ascending order of the keys' UTF-8 bytes.
  std::vector<ObjectInfo> objects;
  /// In ascending order. Servers differ in whether they include a prefix of start_after.
  std::vector<std::string> common_prefixes;
  /// Set if there are more pages.
  std::optional<std::string> continuation;
};

struct ByteRange {
  int64_t offset = 0;
  int64_t length = 0;
  bool operator==(const ByteRange&) const = default;
};

struct GetRequest {
  std::string key;
  /// Must lie within the object and not be empty.
  ByteRange range;
  /// ETag that the object must still have; empty: any.
  std::string if_match;
  /// The range is the whole object, so its content is compared with the checksum that the service
  /// stores with it, if there is one.
  bool whole = false;
  /// Uses a new connection instead of one that was kept open: for content that was damaged before.
  bool fresh_connection = false;
};

/// Thread-safe. Calls block their thread until they have a response; they return kCancelled as soon
/// as `stop` is requested. Transient failures are retried inside for some time (s3/http/retry.h).
/// Errors carry base::ErrorInfo with the key (for Get) and the service's error code.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// What tells this store from others that may have a bucket of the same name, see StoreName.
  /// Stores that are alone need not override it.
  virtual std::string Name() const { return ""; }

  /// One page of the listing. kNotFound: the service says NoSuchBucket. Not promised: that a
  /// listing of several pages is a snapshot.
  [[nodiscard]] virtual arrow::Result<ListPage> List(const ListRequest& request,
                                                     std::stop_token stop) = 0;

  /// Exactly the bytes of the range, or an error.
  ///
  /// kNotFound: the object is certainly gone, because the service said NoSuchKey and a new listing
  /// of that key does not show it. While it is still listed, the read is retried and finally fails
  /// as kTransport with the code NoSuchKey. Any other 404 is kTransport too, including a missing
  /// bucket, which existed when it was listed.
  ///
  /// kChanged: the object's ETag differs, according to the service or to the ETag of its response.
  /// A response without an ETag is accepted. kArchived: the object must be restored first.
  [[nodiscard]] virtual arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const GetRequest& request,
                                                                          std::stop_token stop) = 0;

  /// The checksum of the whole content that the service stores with the object. Nothing if it
  /// stores none, or a checksum of the checksums of parts. `etag` must still be the object's;
  /// empty: any. Errors as in Get. Stores without checksums need not override it.
  [[nodiscard]] virtual arrow::Result<std::optional<Checksum>> StoredChecksum(
      const std::string& key, const std::string& etag, std::stop_token stop) {
    return std::nullopt;
  }
};

}  // namespace s3
