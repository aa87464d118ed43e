// A MinIO server as a child process, for tests.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "s3/http/http_client.h"
#include "s3/s3_store.h"

namespace integration {

/// Keys of the server's only user.
inline constexpr char kAccessKey[] = "test-access-key";
inline constexpr char kSecretKey[] = "test-secret-key";
inline constexpr char kRegion[] = "us-east-1";

/// Listens on a free port of the loopback interface, keeps its objects in a temporary folder, and
/// ends with this object or, at the latest, with this process. Thread-safe.
class MinioServer {
 public:
  /// Comes back when the server answers.
  static arrow::Result<std::unique_ptr<MinioServer>> Start();
  ~MinioServer();
  MinioServer(const MinioServer&) = delete;
  MinioServer& operator=(const MinioServer&) = delete;

  /// "http://127.0.0.1:port".
  const std::string& endpoint() const { return endpoint_; }
  /// For reading a bucket of this server. The keys come from the environment.
  s3::S3Options OptionsFor(const std::string& bucket) const;

  arrow::Status CreateBucket(const std::string& bucket);
  arrow::Status Put(const std::string& bucket, const std::string& key, std::string_view content);
  arrow::Status Delete(const std::string& bucket, const std::string& key);

 private:
  MinioServer() = default;
  arrow::Status Launch();
  arrow::Status AwaitReady();
  arrow::Status Send(s3::HttpClient& http, const std::string& method, const std::string& path,
                     std::string_view body);

  std::string endpoint_;
  std::filesystem::path folder_;
  pid_t pid_ = -1;
  std::unique_ptr<s3::HttpClient> http_;
};

}  // namespace integration
