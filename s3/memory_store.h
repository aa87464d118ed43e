// A bucket in memory: what tests use where a real one is not the point. Answers as S3Store does.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "s3/object_store.h"
#include "s3/xml/error_xml.h"

namespace s3 {

/// Thread-safe.
class MemoryStore final : public ObjectStore {
 public:
  explicit MemoryStore(std::string bucket = "memory") : bucket_(std::move(bucket)) {}

  /// Replaces what is there. The ETag is a function of the content.
  void Put(const std::string& key, std::string_view content, Timestamp last_modified = {},
           std::string storage_class = "STANDARD");
  void Put(const std::string& key, std::shared_ptr<arrow::Buffer> content,
           Timestamp last_modified = {}, std::string storage_class = "STANDARD");
  /// From now on the object's checksum is stored with it, until it is replaced. It must be there.
  void StoreChecksumOf(const std::string& key, ChecksumAlgorithm algorithm);
  /// A copy of the archived object can be read from now on. It must be there.
  void Restore(const std::string& key);
  /// Deleting what is not there is no error.
  void Delete(const std::string& key);
  /// From now on there is no such bucket.
  void DeleteBucket();

  arrow::Result<ListPage> List(const ListRequest& request, std::stop_token stop) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const GetRequest& request,
                                                    std::stop_token stop) override;
  arrow::Result<std::optional<Checksum>> StoredChecksum(const std::string& key,
                                                        const std::string& etag,
                                                        std::stop_token stop) override;

  struct Calls {
    int64_t lists = 0;
    int64_t gets = 0;
    /// Bytes that Get has answered with.
    int64_t bytes = 0;
    int64_t heads = 0;
  };
  Calls calls() const;

 private:
  struct Object {
    ObjectInfo info;
    std::shared_ptr<arrow::Buffer> content;
    std::optional<Checksum> checksum = {};
  };

  /// The object if it is there and still has the ETag. mutex_ is held.
  arrow::Result<const Object*> Find(const Operation& operation, const std::string& etag) const;

  const std::string bucket_;
  mutable std::mutex mutex_;
  bool exists_ = true;
  std::map<std::string, Object> objects_;
  Calls calls_;
};

}  // namespace s3
