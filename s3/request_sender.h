// Sends the requests of an S3Store: signs them, retries those that failed, follows the bucket to
// its region, renews credentials and corrects the clock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"
#include "s3/endpoint/bucket_endpoint.h"
#include "s3/http/http_client.h"
#include "s3/http/request_limit.h"
#include "s3/http/retry.h"
#include "s3/http/server_clock.h"
#include "s3/s3_options.h"
#include "s3/xml/error_xml.h"

namespace s3 {

/// Counts since the store was made. Each may be read at any time.
struct S3Stats {
  /// Requests sent, including retries.
  std::atomic<int64_t> requests = 0;
  std::atomic<int64_t> list_requests = 0;
  std::atomic<int64_t> get_requests = 0;
  std::atomic<int64_t> head_requests = 0;
  std::atomic<int64_t> retries = 0;
  /// Bytes of the bodies of responses.
  std::atomic<int64_t> bytes_received = 0;
};

/// What a Call wants from the service; the Call is sent in one or several attempts, each of which
/// is one request. The functions are called on the thread that sends.
struct Call {
  /// The URL at the bucket's address, which a region redirect may change.
  std::function<std::string(const BucketAddress&)> url;
  HttpRequest request;
  /// Without the region.
  Operation operation;
  /// The statistic that counts its requests.
  std::atomic<int64_t>& counter;
  /// Receives the response of an attempt if its status is 2xx, or why there is no complete
  /// response. Returns the outcome of the attempt.
  std::function<arrow::Status(arrow::Result<HttpResponse>)> end_attempt;
  /// Completes the request of an attempt. Not set: every attempt sends the same request.
  std::function<void(HttpRequest&)> begin_attempt = {};
  /// Whether the next attempt continues where the last one failed. Not set: it does not.
  std::function<bool()> made_progress = {};
  /// Checks a failure before it is retried or returned, and may replace it. Not set: it is as it
  /// is.
  std::function<arrow::Status(const arrow::Status&)> check_failure = {};
};

/// Thread-safe. Each Send holds one connection.
class RequestSender {
 public:
  /// kConfig if the options cannot be used. Contacts no server.
  [[nodiscard]] static arrow::Result<std::unique_ptr<RequestSender>> Make(S3Options options);

  /// Sends until an attempt succeeds or a retry cannot help. If the service throttles, fewer
  /// requests are sent at once, see RequestLimit. A request refused because its credentials have
  /// expired is sent once more with renewed ones; one refused for the time of its signature is sent
  /// again with the service's time.
  [[nodiscard]] arrow::Status Send(const Call& call, const std::stop_token& stop);

  const std::string& bucket() const { return options_.bucket; }
  S3Stats& stats() { return stats_; }

 private:
  struct Attempt;
  struct Corrections;
  RequestSender(S3Options options, std::unique_ptr<BucketEndpoint> endpoint,
                std::unique_ptr<HttpClient> http);

  /// Sends the request once, or twice if it is redirected to another region.
  Attempt SendToRegion(const Call& call, const std::stop_token& stop);
  Attempt SendWithinLimit(const Call& call, const std::stop_token& stop);
  Attempt SendOnce(const Call& call, const std::stop_token& stop);
  /// The attempt that the service answered with an error.
  Attempt Refused(const Call& call, const HttpResponse& response,
                  const std::shared_ptr<const RegionalAddress>& sent_to);
  /// Signs with the current credentials and returns them; nothing if requests are not signed.
  arrow::Result<std::optional<Credentials>> Sign(HttpRequest& request, const std::string& region,
                                                 const std::stop_token& stop);

  /// Whether the attempt can be repeated at once in another region.
  bool FollowRedirect(const Attempt& attempt);
  /// Whether the attempt can be repeated at once with other credentials or another time. An error
  /// if the credentials cannot be renewed.
  arrow::Result<bool> Correct(const Attempt& attempt, Corrections& corrections,
                              const std::stop_token& stop);
  bool CorrectClock(const Attempt& attempt, int refusals);
  void Warn(const std::string& warning);

  const S3Options options_;
  const std::unique_ptr<BucketEndpoint> endpoint_;
  const std::unique_ptr<HttpClient> http_;
  CredentialSource credentials_;
  RequestLimit limit_;
  RetryQuota quota_;
  ServerClock clock_;
  std::mutex warn_mutex_;  // one warning at a time
  S3Stats stats_;
};

}  // namespace s3
