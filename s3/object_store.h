// The object store as the rest of the program sees it: list keys, read ranges. One implementation
// speaks HTTP to S3 (s3/s3_store.h), one keeps objects in memory (s3/memory_store.h); both pass the
// contract in s3/object_store_test.cc.
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
  /// Opaque, and always with quotes: a listing that shows none gets them (s3/etag.h). Empty when
  /// the server gives none.
  std::string etag;
  Timestamp last_modified{};
  /// As S3 names it, e.g. "STANDARD" or "GLACIER"; empty when the server gives none.
  std::string storage_class;
  /// A copy of the archived object can be read for now.
  bool restored = false;
  /// The service stores a checksum of the whole content, see ObjectStore::StoredChecksum.
  bool whole_checksum = false;

  bool operator==(const ObjectInfo&) const = default;
};

/// Whether a Get would be refused until somebody restores the object. Intelligent-Tiering has
/// archive tiers too, which no listing tells: such an object is known by the kArchived of its Get
/// alone.
inline bool IsArchived(const ObjectInfo& object) {
  const std::string& storage = object.storage_class;
  return (storage == "GLACIER" || storage == "DEEP_ARCHIVE") && !object.restored;
}

struct ListRequest {
  /// Plain key prefix; may end inside a name. Empty: the whole bucket.
  std::string prefix;
  /// Only keys above this one, in the order of their UTF-8 bytes. Empty: all.
  std::string start_after;
  /// Keys that have this after the prefix are not listed; what they begin with, up to and including
  /// the delimiter, is a common prefix instead. Empty: all keys are listed.
  std::string delimiter;
  /// Continuation token of the page before; empty for the first page.
  std::string continuation;
  /// At most this many keys; S3 gives no more than 1,000.
  int max_keys = 1000;
};

struct ListPage {
  /// In ascending order of the keys' UTF-8 bytes.
  std::vector<ObjectInfo> objects;
  /// In ascending order. Whether one that holds start_after is among them, servers decide
  /// differently.
  std::vector<std::string> common_prefixes;
  /// Set when there are more pages.
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
  /// The range is all of the object: its content is compared with the checksum that the service
  /// stores with it, if it does.
  bool whole = false;
  /// Goes over a new connection, past any that is kept: for content that came damaged before.
  bool fresh_connection = false;
};

/// Thread-safe. A call blocks its thread until it has an answer; once `stop` is requested it
/// returns kCancelled at once. Transient failures are retried inside, for a time (s3/http/retry.h).
/// Errors carry base::ErrorInfo with the key (for Get) and the service's error code.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// One page of the listing. kNotFound: no such bucket, in the service's own words (NoSuchBucket).
  /// Not promised: that a listing spread over several pages is a snapshot.
  [[nodiscard]] virtual arrow::Result<ListPage> List(const ListRequest& request,
                                                     std::stop_token stop) = 0;

  /// Exactly the bytes of the range, or an error.
  ///
  /// kNotFound means that the object is gone for certain: the service said NoSuchKey, and a new
  /// listing of that very key does not show it. While it is still listed the read is retried, and
  /// at last fails as kTransport with the code NoSuchKey. Any other 404, a missing bucket's among
  /// them, is kTransport too: the bucket was there when it was listed.
  ///
  /// kChanged: the object's ETag is another one, be it by the service's word or by the ETag of its
  /// answer. An answer without an ETag is taken as it is. kArchived: it must be restored first.
  [[nodiscard]] virtual arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const GetRequest& request,
                                                                          std::stop_token stop) = 0;

  /// The checksum of the whole content that the service stores with the object; nothing when it
  /// stores none, or one of the checksums of parts. `etag` must still be the object's; empty: any.
  /// Errors as of Get. Stores that keep no checksums need not override it.
  [[nodiscard]] virtual arrow::Result<std::optional<Checksum>> StoredChecksum(
      const std::string& key, const std::string& etag, std::stop_token stop);
};

}  // namespace s3
