// The object store that speaks HTTP to S3 and to services like it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "arrow/result.h"
#include "s3/credentials/credential_chain.h"
#include "s3/credentials/credentials.h"
#include "s3/endpoint/bucket_endpoint.h"
#include "s3/http/http_client.h"
#include "s3/http/request_limit.h"
#include "s3/http/retry.h"
#include "s3/http/server_clock.h"
#include "s3/object_store.h"
#include "s3/xml/error_xml.h"

namespace s3 {

struct S3Options {
  std::string bucket;
  /// Region of the bucket. May be empty when `endpoint` is set; then "us-east-1" signs.
  std::string region;
  /// See BucketLocation. Empty: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL of the environment, unless
  /// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is "true" there; then AWS.
  std::string endpoint;
  bool path_style = false;
  /// Where credentials come from, see ChainOptions.
  std::string profile;
  std::string role_arn;
  std::string external_id;
  /// Sends unsigned requests, as public buckets take them.
  bool anonymous = false;
  /// Agrees to pay for requests and transfer, as "requester pays" buckets demand.
  bool requester_pays = false;
  std::string user_agent = "cq-source-s3";
  /// How many threads are expected to read at once; so many connections are kept open.
  int max_connections = 64;
  /// PEM file of the certificate authorities to trust; empty: AWS_CA_BUNDLE, then the system's.
  std::string tls_ca_file;
  /// Accepts any certificate. For tests against self-signed servers only.
  bool tls_insecure_skip_verify = false;
  RetryPolicy retry;
  /// Told what the user should know though the store works, each thing once. Called from any
  /// thread, one at a time.
  std::function<void(const std::string& warning)> warn = [](const std::string&) {};
  /// For tests, which do not want to wait.
  Sleep sleep = InterruptibleSleep;
  MonotonicClock now = std::chrono::steady_clock::now;
};

/// Counts since the store was made; each may be read at any time.
struct S3Stats {
  /// Requests sent, repeated ones included.
  std::atomic<int64_t> requests = 0;
  std::atomic<int64_t> list_requests = 0;
  std::atomic<int64_t> get_requests = 0;
  std::atomic<int64_t> head_requests = 0;
  /// Requests that repeated a failed one.
  std::atomic<int64_t> retries = 0;
  /// Bytes of answers' bodies.
  std::atomic<int64_t> bytes_received = 0;
};

/// Thread-safe. Each call holds one connection while it lasts. A body that breaks off is resumed
/// where it did, when the Get names an ETag. A service that throttles gets fewer requests at a
/// time, see RequestLimit. A bucket that is in another region is read there, see BucketSite.
/// Credentials are asked for at every request (kept and renewed underneath), and not before the
/// first. A request that is refused since they have expired is sent once more with new ones, one
/// that is refused for the time of its signature once more with the service's time.
class S3Store final : public ObjectStore {
 public:
  /// kConfig when the options cannot work; contacts nobody.
  [[nodiscard]] static arrow::Result<std::shared_ptr<S3Store>> Make(S3Options options);

  arrow::Result<ListPage> List(const ListRequest& request, std::stop_token stop) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const GetRequest& request,
                                                    std::stop_token stop) override;
  arrow::Result<std::optional<Checksum>> StoredChecksum(const std::string& key,
                                                        const std::string& etag,
                                                        std::stop_token stop) override;

  const S3Stats& stats() const { return stats_; }

 private:
  struct Call;
  struct Attempt;
  S3Store(S3Options options, std::unique_ptr<BucketSite> site, std::unique_ptr<HttpClient> http,
          std::unique_ptr<CredentialChain> chain);

  /// One page, with or without the wish for each object's RestoreStatus.
  arrow::Result<ListPage> ListOnce(const ListRequest& request, bool ask_restore_status,
                                   const std::stop_token& stop);
  /// What the failure of a read of one object comes to: "not found" only if a new listing of its
  /// key does not show it.
  arrow::Status ConfirmGone(const arrow::Status& failure, const Operation& operation,
                            const std::stop_token& stop);

  /// Sends until there is an answer that the call accepts, or no use in another attempt.
  arrow::Status Send(const Call& call, const std::stop_token& stop);
  Attempt SendWithinLimit(const Call& call, const std::stop_token& stop);
  Attempt SendOnce(const Call& call, const std::stop_token& stop);
  /// Whether the attempt is worth repeating at once because the bucket is in another region.
  bool Follow(const Attempt& attempt);
  /// Whether the attempt is worth repeating at once with other credentials; an error when there are
  /// none.
  arrow::Result<bool> RenewFor(const Attempt& attempt, const std::stop_token& stop);
  /// Whether the attempt, whose signature's time was refused for the nth time, is worth repeating
  /// at once.
  bool CorrectClockFor(const Attempt& attempt, int refusals);
  void Warn(const std::string& warning);
  /// The attempt that ends in an answer of failure.
  Attempt Refused(const Call& call, const HttpResponse& response,
                  const std::shared_ptr<const Site>& site);
  /// Signs with credentials as of now, and returns them; not set: anonymous.
  arrow::Result<std::optional<Credentials>> Sign(HttpRequest& request, const std::string& region,
                                                 const std::stop_token& stop);

  const S3Options options_;
  const std::unique_ptr<BucketSite> site_;
  const std::unique_ptr<HttpClient> http_;
  const std::unique_ptr<CredentialChain> chain_;
  CredentialSource credentials_;
  RequestLimit limit_;
  RetryQuota quota_;
  ServerClock clock_;
  /// False once the service has refused a listing for asking.
  std::atomic<bool> asks_restore_status_ = true;
  std::mutex warn_mutex_;  // one warning at a time
  S3Stats stats_;
};

}  // namespace s3
