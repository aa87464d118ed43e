// A bucket in memory, for tests, benchmarks and fuzzers. Answers as S3Store does.
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
  /// Stores the object's checksum with it until it is replaced. The object must exist.
  void StoreChecksumOf(const std::string& key, ChecksumAlgorithm algorithm);
  /// Makes a copy of the archived object readable. The object must exist.
  void Restore(const std::string& key);
  /// Deleting a key that does not exist is not an error.
  void Delete(const std::string& key);
  /// From now on the bucket does not exist.
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
    /// Bytes that Get has returned.
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

  /// The object if it exists and still has the ETag. mutex_ is held.
  arrow::Result<const Object*> Find(const Operation& operation, const std::string& etag) const;

  const std::string bucket_;
  mutable std::mutex mutex_;
  bool exists_ = true;
  std::map<std::string, Object> objects_;
  Calls calls_;
};

}  // namespace s3
