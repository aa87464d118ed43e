// The object store as the rest of the program sees it: list keys, read ranges. One implementation
// speaks HTTP to S3 (s3/s3_store.h), one keeps objects in memory (s3/memory_store.h); both pass the
// contract in s3/object_store_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/result.h"

namespace s3 {

/// Time of S3's LastModified, in nanoseconds since the Unix epoch (S3 itself gives milliseconds or
/// seconds).
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// One object as a listing describes it.
struct ObjectInfo {
  std::string key;
  int64_t size_bytes = 0;
  /// As listed, with its quotes; opaque.
  std::string etag;
  Timestamp last_modified{};
  /// As S3 names it, e.g. "STANDARD" or "GLACIER"; empty when the server gives none.
  std::string storage_class;

  bool operator==(const ObjectInfo&) const = default;
};

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
};

/// Thread-safe. A call blocks its thread until it has an answer; once `stop` is requested it
/// returns kCancelled at once. Transient failures are retried inside. Errors carry base::ErrorInfo
/// with the key (for Get) and the service's error code.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// One page of the listing. kNotFound: no such bucket. Not promised: that a listing spread over
  /// several pages is a snapshot.
  [[nodiscard]] virtual arrow::Result<ListPage> List(const ListRequest& request,
                                                     std::stop_token stop) = 0;

  /// Exactly the bytes of the range, or an error. kNotFound: no such object. kChanged: the object's
  /// ETag is another one.
  [[nodiscard]] virtual arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const GetRequest& request,
                                                                          std::stop_token stop) = 0;
};

}  // namespace s3
