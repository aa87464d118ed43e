#include "s3/request_sender.h"

#include <random>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;
using base::Quoted;
using std::chrono::milliseconds;

/// SHA-256 of an empty body, which AWS requires in every signed request without a body.
constexpr char kEmptyBodyHash[] =
    "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

constexpr char kRequesterPays[] = "x-amz-request-payer: requester";

/// A page of a huge listing may take half of this.
constexpr std::chrono::seconds kFirstByteTimeout(60);

/// Ends the corrections for a service whose own clocks disagree.
constexpr int kMaxTimeRefusals = 3;

double Random() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

/// Renewed credentials may be accepted.
bool MeansExpired(std::string_view code) {
  return code == "ExpiredToken" || code == "ExpiredTokenException" ||
         code == "TokenRefreshRequired";
}

arrow::Status GivenUp(const arrow::Status& failure, int attempts, milliseconds elapsed,
                      bool for_quota) {
  std::string text = base::MessageOf(failure);
  text += text.ends_with('.') ? " Gave up after " : ". Gave up after ";
  text += std::to_string(attempts);
  if (attempts == 1) {
    text += " attempt";
  } else {
    const auto seconds = std::chrono::round<std::chrono::seconds>(elapsed).count();
    text += " attempts in " + std::to_string(seconds) + " s";
  }
  if (for_quota) text += ", because too many requests fail";
  return MakeError(base::InfoOf(failure), text + ".");
}

}  // namespace

/// Outcome of one request.
struct RequestSender::Attempt {
  arrow::Status status;
  std::optional<milliseconds> retry_after = {};
  std::shared_ptr<const RegionalAddress> sent_to = {};
  /// The bucket's region, if the service redirects the request there; else empty.
  std::string right_region = {};
  /// The credentials of the request, if the service says that they have expired.
  std::optional<Credentials> expired = {};
  /// How far the service's clock is ahead of this machine's, if it refused the signature's time.
  std::optional<std::chrono::seconds> clock_difference = {};
  /// With the region of the request.
  Operation operation = {};
};

/// What was corrected so far for one call.
struct RequestSender::Corrections {
  bool renewed = false;
  int time_refusals = 0;
};

arrow::Result<std::unique_ptr<RequestSender>> RequestSender::Make(S3Options options) {
  ARROW_ASSIGN_OR_RAISE(auto endpoint, BucketEndpoint::Make({.bucket = options.bucket,
                                                             .region = options.region,
                                                             .endpoint = options.endpoint,
                                                             .variant = options.hosts,
                                                             .path_style = options.path_style}));
  ARROW_ASSIGN_OR_RAISE(
      auto http, HttpClient::Make({.user_agent = options.user_agent,
                                   .max_idle_connections = options.max_connections,
                                   .first_byte_timeout = kFirstByteTimeout,
                                   .tls_ca_file = options.tls_ca_file,
                                   .tls_insecure_skip_verify = options.tls_insecure_skip_verify,
                                   .proxies = options.proxies}));
  if (options.tls_insecure_skip_verify) {
    options.warn(
        "tls_insecure_skip_verify is on, so the S3 server's certificate is not verified: an "
        "attacker on the network can read the signed requests and change the data; set tls_ca_file "
        "to the server's certificate authority instead");
  }
  return std::unique_ptr<RequestSender>(
      new RequestSender(std::move(options), std::move(endpoint), std::move(http)));
}

RequestSender::RequestSender(S3Options options, std::unique_ptr<BucketEndpoint> endpoint,
                             std::unique_ptr<HttpClient> http)
    : options_(std::move(options)),
      endpoint_(std::move(endpoint)),
      http_(std::move(http)),
      credentials_(options_.credentials),
      limit_(options_.max_connections),
      // One more, since HedgedStore may send one request twice.
      quota_(options_.max_connections + 1, options_.retry) {}

arrow::Status RequestSender::Send(const Call& call, const std::stop_token& stop) {
  Corrections corrections;
  auto since = options_.now();
  int failures = 0;
  for (int attempts = 1;; ++attempts) {
    Attempt attempt = SendToRegion(call, stop);
    if (attempt.status.ok()) {
      quota_.GiveBack(attempts == 1 ? RetryQuota::kRefill
                                    : RetryQuota::kRetryCost * (attempts - 1));
      return attempt.status;
    }
    ARROW_ASSIGN_OR_RAISE(const bool corrected, Correct(attempt, corrections, stop));
    if (corrected) {
      ++stats_.retries;
      continue;
    }
    if (call.check_failure) attempt.status = call.check_failure(attempt.status);
    // An attempt that makes progress does not count as a failure.
    if (call.made_progress && call.made_progress()) {
      since = options_.now();
      failures = 0;
    }
    const ErrorInfo info = base::InfoOf(attempt.status);
    const auto elapsed = std::chrono::duration_cast<milliseconds>(options_.now() - since);
    const auto wait =
        NextWait(options_.retry, ++failures, info, Random(), attempt.retry_after, elapsed);
    if (!wait || !quota_.Take()) {
      if (info.kind == ErrorKind::kCancelled || (attempts == 1 && !wait)) return attempt.status;
      return GivenUp(attempt.status, attempts, elapsed, /*for_quota=*/wait.has_value());
    }
    if (!options_.sleep(*wait, stop)) return base::Cancelled();
    ++stats_.retries;
  }
}

RequestSender::Attempt RequestSender::SendToRegion(const Call& call, const std::stop_token& stop) {
  Attempt attempt = SendWithinLimit(call, stop);
  return FollowRedirect(attempt) ? SendWithinLimit(call, stop) : attempt;
}

RequestSender::Attempt RequestSender::SendWithinLimit(const Call& call,
                                                      const std::stop_token& stop) {
  RequestLimit::Slot slot = limit_.Enter(stop);
  Attempt attempt = SendOnce(call, stop);
  if (attempt.status.ok()) {
    slot.Succeeded();
  } else if (base::KindOf(attempt.status) == ErrorKind::kThrottled) {
    slot.Throttled();
  }
  return attempt;
}

RequestSender::Attempt RequestSender::SendOnce(const Call& call, const std::stop_token& stop) {
  if (stop.stop_requested()) return {base::Cancelled()};
  const std::shared_ptr<const RegionalAddress> send_to = endpoint_->current();
  HttpRequest request = call.request;
  request.url = call.url(send_to->address);
  if (options_.requester_pays) request.headers.emplace_back(kRequesterPays);
  if (call.begin_attempt) call.begin_attempt(request);
  auto keys = Sign(request, send_to->region, stop);
  if (!keys.ok()) return {WithOperation(keys.status(), call.operation)};
  ++stats_.requests;
  ++call.counter;
  auto response = http_->Perform(request, stop);
  if (response.ok()) {
    stats_.bytes_received += response->body_bytes;
    if (!response->head.is_success()) {
      Attempt refused = Refused(call, *response, send_to);
      if (MeansExpired(base::InfoOf(refused.status).code)) refused.expired = *std::move(keys);
      return refused;
    }
  }
  const arrow::Status status = call.end_attempt(std::move(response));
  return {status.ok() ? status : WithOperation(status, call.operation)};
}

RequestSender::Attempt RequestSender::Refused(
    const Call& call, const HttpResponse& response,
    const std::shared_ptr<const RegionalAddress>& sent_to) {
  ServiceAnswer answer = {.http_status = response.head.status(),
                          .body = response.text,
                          .request_id = response.head.Find("x-amz-request-id"),
                          .bucket_region = response.head.Find("x-amz-bucket-region"),
                          .date = response.head.Date()};
  if (const auto service_time = TimeOfRefusal(answer)) {
    answer.clock_difference =
        *service_time - std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  Operation operation = call.operation;
  operation.region = sent_to->region;
  return {.status = ErrorFromAnswer(answer, operation),
          .retry_after = response.head.RetryAfter(),
          .sent_to = sent_to,
          .right_region = RightRegion(answer),
          .clock_difference = answer.clock_difference,
          .operation = operation};
}

arrow::Result<std::optional<Credentials>> RequestSender::Sign(HttpRequest& request,
                                                              const std::string& region,
                                                              const std::stop_token& stop) {
  if (!options_.credentials) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(Credentials keys, credentials_.Get(stop));
  request.headers.emplace_back(kEmptyBodyHash);
  if (!keys.session_token.empty()) {
    request.headers.push_back("x-amz-security-token: " + keys.session_token);
  }
  request.signing = HttpSigning{.access_key = keys.access_key,
                                .secret_key = keys.secret_key,
                                .region = region,
                                .clock_offset = clock_.offset()};
  return keys;
}

bool RequestSender::FollowRedirect(const Attempt& attempt) {
  if (attempt.right_region.empty()) return false;
  const RegionRedirect redirect = endpoint_->Redirect(attempt.right_region, *attempt.sent_to);
  if (redirect == RegionRedirect::kFollowed) {
    Warn("bucket " + Quoted(options_.bucket) + " is in region " + Quoted(attempt.right_region) +
         ", not in " + Quoted(attempt.sent_to->region) +
         "; requests go to the right region from now on; set region to " +
         Quoted(attempt.right_region));
  }
  return redirect != RegionRedirect::kRefused;
}

arrow::Result<bool> RequestSender::Correct(const Attempt& attempt, Corrections& corrections,
                                           const std::stop_token& stop) {
  if (attempt.expired && !std::exchange(corrections.renewed, true)) {
    const auto renewed = credentials_.Renew(*attempt.expired, stop);
    if (!renewed.ok()) return WithOperation(renewed.status(), attempt.operation);
    if (*renewed != *attempt.expired) return true;
  }
  return attempt.clock_difference && CorrectClock(attempt, ++corrections.time_refusals);
}

bool RequestSender::CorrectClock(const Attempt& attempt, int refusals) {
  const bool is_news = clock_.Correct(*attempt.clock_difference);
  if (is_news && !ServerClock::IsNegligible(*attempt.clock_difference)) {
    Warn("the clock of this machine is " + ClockDifferenceText(*attempt.clock_difference) +
         "; requests are signed with the service's time; set the clock");
  }
  // After the first refusal, another request may have corrected the clock already, or this request
  // may have waited too long.
  return refusals <= kMaxTimeRefusals && (refusals == 1 || is_news);
}

void RequestSender::Warn(const std::string& warning) {
  const std::lock_guard lock(warn_mutex_);
  options_.warn(warning);
}

}  // namespace s3
