#include "s3/s3_store.h"

#include <algorithm>
#include <functional>
#include <random>
#include <utility>

#include "arrow/buffer.h"
#include "arrow/memory_pool.h"
#include "base/environment.h"
#include "base/error.h"
#include "s3/checksum/checksum.h"
#include "s3/download.h"
#include "s3/etag.h"
#include "s3/xml/list_xml.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;
using std::chrono::milliseconds;

/// SHA-256 of nothing, which AWS wants named in every signed request without a body.
constexpr char kEmptyBodyHash[] =
    "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
constexpr char kWantRestoreStatus[] = "x-amz-optional-object-attributes: RestoreStatus";

constexpr char kRequesterPays[] = "x-amz-request-payer: requester";

/// S3's own limit, https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
constexpr int kMostKeysPerPage = 1000;
/// 1,000 keys of 1,024 bytes, each byte encoded as three, with 900 bytes of XML around each.
constexpr int64_t kLongestListing = 1000 * (3 * 1024 + 900) + 64 * 1024;

/// The page of a huge listing may take half of it.
constexpr std::chrono::seconds kFirstByteTimeout(60);

/// A service whose own clocks disagree is not followed for ever.
constexpr int kMostRefusalsOfTime = 3;

/// What the options leave open, from the variables of the AWS SDKs:
/// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
void CompleteFromEnvironment(S3Options& options) {
  if (options.tls_ca_file.empty()) options.tls_ca_file = base::Variable("AWS_CA_BUNDLE");
  if (!options.endpoint.empty() || base::IsOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) return;
  options.endpoint = base::Variable("AWS_ENDPOINT_URL_S3");
  if (options.endpoint.empty()) options.endpoint = base::Variable("AWS_ENDPOINT_URL");
}

double Random() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

/// Other credentials may do.
bool MeansExpired(std::string_view code) {
  return code == "ExpiredToken" || code == "ExpiredTokenException" ||
         code == "TokenRefreshRequired";
}

/// For what is fetched by one of many threads and freed by another. Arrow's default allocator keeps
/// what is freed for the thread that took it, which with dozens of threads is a multiple of what is
/// in use; malloc shares it. Large buffers come from the kernel and go back to it: these the
/// default one returns sooner.
arrow::MemoryPool* PoolFor(int64_t bytes) {
  constexpr int64_t kLargeBytes = int64_t{1} << 20;
  return bytes < kLargeBytes ? arrow::system_memory_pool() : arrow::default_memory_pool();
}

/// A refusal without a known reason, or of the signature, which covers all headers.
bool MayBeForAHeader(const ErrorInfo& info) {
  return (info.kind == ErrorKind::kTransport && !info.retryable) ||
         info.code == "SignatureDoesNotMatch";
}

arrow::Status GivenUp(const arrow::Status& failure, int attempts, milliseconds elapsed,
                      bool for_quota) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(elapsed).count();
  return MakeError(
      base::InfoOf(failure),
      base::MessageOf(failure) + " (after " + std::to_string(attempts) +
          (attempts == 1 ? " attempt" : " attempts in " + std::to_string(seconds) + " s") +
          (for_quota ? "; too many requests fail to try again)" : ")"));
}

}  // namespace

struct S3Store::Call {
  /// Where the bucket may have moved to meanwhile.
  std::function<std::string(const BucketAddress&)> url;
  HttpRequest request;
  /// But for the region.
  Operation operation;
  /// Which of the statistics counts it.
  std::atomic<int64_t>& counter;
  /// Judges, and takes in, an answer of status 2xx.
  std::function<arrow::Status(HttpResponse&)> accept;
  /// What only this attempt asks for; not set: nothing.
  std::function<void(HttpRequest&)> complete = {};
  /// Whether the last attempt failed with something to build on; not set: it did not.
  std::function<bool()> progressed = {};
  /// What the head of the last answer alone came to; not set: nothing wrong.
  std::function<arrow::Status()> verdict = {};
};

/// Outcome of one request.
struct S3Store::Attempt {
  arrow::Status status;
  std::optional<milliseconds> retry_after = {};
  /// Where it was sent.
  std::shared_ptr<const Site> site = {};
  /// Where the bucket is instead, as the service says; empty: it does not.
  std::string right_region = {};
  /// The credentials of the request, when the service takes them for expired.
  std::optional<Credentials> expired = {};
  /// How far the service is ahead of this machine, when it refused the signature's time.
  std::optional<std::chrono::seconds> clock_difference = {};
  /// Of the request, with its region.
  Operation operation = {};
};

arrow::Result<std::shared_ptr<S3Store>> S3Store::Make(S3Options options) {
  CompleteFromEnvironment(options);
  ARROW_ASSIGN_OR_RAISE(auto site, BucketSite::Make({.bucket = options.bucket,
                                                     .region = options.region,
                                                     .endpoint = options.endpoint,
                                                     .variant = VariantOfEnvironment(),
                                                     .path_style = options.path_style}));
  ARROW_ASSIGN_OR_RAISE(
      auto http, HttpClient::Make({.user_agent = options.user_agent,
                                   .max_idle_connections = options.max_connections,
                                   .first_byte_timeout = kFirstByteTimeout,
                                   .tls_ca_file = options.tls_ca_file,
                                   .tls_insecure_skip_verify = options.tls_insecure_skip_verify}));
  ARROW_ASSIGN_OR_RAISE(auto chain, CredentialChain::Make({.profile = options.profile,
                                                           .role_arn = options.role_arn,
                                                           .external_id = options.external_id,
                                                           .region = options.region,
                                                           .user_agent = options.user_agent,
                                                           .tls_ca_file = options.tls_ca_file}));
  if (options.tls_insecure_skip_verify) {
    options.warn(
        "tls_insecure_skip_verify is on: whoever is on the way to the S3 server can read the "
        "credentials' signatures and change the data; name the server's certificate authority in "
        "tls_ca_file instead");
  }
  return std::shared_ptr<S3Store>(
      new S3Store(std::move(options), std::move(site), std::move(http), std::move(chain)));
}

S3Store::S3Store(S3Options options, std::unique_ptr<BucketSite> site,
                 std::unique_ptr<HttpClient> http, std::unique_ptr<CredentialChain> chain)
    : options_(std::move(options)),
      site_(std::move(site)),
      http_(std::move(http)),
      chain_(std::move(chain)),
      credentials_([this](const std::stop_token& stop) { return chain_->Find(stop); }),
      limit_(options_.max_connections),
      // One more, as HedgedStore asks for one thing twice.
      quota_(options_.max_connections + 1, options_.retry) {}

arrow::Result<ListPage> S3Store::List(const ListRequest& request, std::stop_token stop) {
  const bool ask_restore_status = asks_restore_status_;
  auto page = ListOnce(request, ask_restore_status, stop);
  if (page.ok() || !ask_restore_status || !MayBeForAHeader(base::InfoOf(page.status())))
    return page;
  auto without = ListOnce(request, /*ask_restore_status=*/false, stop);
  if (!without.ok())
    return base::KindOf(without.status()) == ErrorKind::kCancelled ? without : page;
  asks_restore_status_ = false;
  return without;
}

arrow::Result<ListPage> S3Store::ListOnce(const ListRequest& request, bool ask_restore_status,
                                          const std::stop_token& stop) {
  std::vector<std::pair<std::string, std::string>> query = {
      {"list-type", "2"},
      {"encoding-type", "url"},
      {"max-keys", std::to_string(std::clamp(request.max_keys, 1, kMostKeysPerPage))}};
  if (!request.prefix.empty()) query.emplace_back("prefix", request.prefix);
  if (!request.start_after.empty()) query.emplace_back("start-after", request.start_after);
  if (!request.delimiter.empty()) query.emplace_back("delimiter", request.delimiter);
  if (!request.continuation.empty()) query.emplace_back("continuation-token", request.continuation);

  ListPage page;
  Call call{.url = [&](const BucketAddress& address) { return BucketUrl(address, query); },
            .request = {.max_text_bytes = kLongestListing},
            .operation = {.what = "listing s3://" + options_.bucket + "/" + request.prefix,
                          .bucket = options_.bucket,
                          .whole_bucket = request.prefix.empty()},
            .counter = stats_.list_requests,
            .accept = [&](HttpResponse& response) -> arrow::Status {
              ARROW_ASSIGN_OR_RAISE(page, ParseListPage(std::move(response.text)));
              if (page.continuation == request.continuation) {
                return BrokenAnswer("the listing continues with the page it is on");
              }
              return arrow::Status::OK();
            }};
  if (ask_restore_status) call.request.headers.emplace_back(kWantRestoreStatus);
  ARROW_RETURN_NOT_OK(Send(call, stop));
  return page;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> S3Store::Get(const GetRequest& request,
                                                           std::stop_token stop) {
  const ByteRange& range = request.range;
  if (range.offset < 0 || range.length <= 0) {
    return arrow::Status::Invalid("the range of a Get must not be empty or negative");
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer,
                        arrow::AllocateBuffer(range.length, PoolFor(range.length)));
  Call call{.url = [&](const BucketAddress& address) { return ObjectUrl(address, request.key); },
            .request = {.fresh_connection = request.fresh_connection},
            .operation = {.what = "reading s3://" + options_.bucket + "/" + request.key,
                          .bucket = options_.bucket,
                          .key = request.key},
            .counter = stats_.get_requests};
  if (!request.if_match.empty()) {
    call.request.headers.push_back("If-Match: " + StrongETag(request.if_match));
  }
  if (request.whole) call.request.headers.push_back(kWantChecksum);
  Download download(request, *buffer);
  call.request.placed_bytes = &download.placed_bytes;
  call.request.place_body = [&](const HttpHead& head) { return download.Place(head); };
  call.accept = [&](HttpResponse&) { return download.Accept(); };
  call.verdict = [&] { return download.verdict(); };
  call.complete = [&](HttpRequest& attempt) { download.Ask(attempt); };
  call.progressed = [&] { return download.progressed(); };
  ARROW_RETURN_NOT_OK(Send(call, stop));
  return buffer;
}

arrow::Result<std::optional<Checksum>> S3Store::StoredChecksum(const std::string& key,
                                                               const std::string& etag,
                                                               std::stop_token stop) {
  std::optional<Checksum> checksum;
  Call call{.url = [&](const BucketAddress& address) { return ObjectUrl(address, key); },
            .request = {.method = "HEAD", .headers = {kWantChecksum}},
            .operation = {.what = "looking up the checksum of s3://" + options_.bucket + "/" + key,
                          .bucket = options_.bucket,
                          .key = key,
                          .without_document = true},
            .counter = stats_.head_requests,
            .accept = [&](HttpResponse& response) -> arrow::Status {
              const std::string_view answered = response.head.Find("etag");
              if (!etag.empty() && !answered.empty() && !SameETag(etag, answered)) {
                return MakeError(ErrorKind::kChanged,
                                 "the object is no longer the one that was listed; sync again");
              }
              checksum = ChecksumIn(response.head);
              return arrow::Status::OK();
            }};
  if (!etag.empty()) call.request.headers.push_back("If-Match: " + StrongETag(etag));
  ARROW_RETURN_NOT_OK(Send(call, stop));
  return checksum;
}

arrow::Status S3Store::ConfirmGone(const arrow::Status& failure, const Operation& operation,
                                   const std::stop_token& stop) {
  ErrorInfo info = base::InfoOf(failure);
  if (operation.key.empty() || info.kind != ErrorKind::kNotFound) return failure;
  // Of all keys that begin with this one, it is the first.
  const auto page = List({.prefix = operation.key, .max_keys = 1}, stop);
  if (!page.ok()) {
    ErrorInfo of_listing = base::InfoOf(page.status());
    // The listing was already retried.
    of_listing.retryable = false;
    of_listing.key = operation.key;
    if (of_listing.kind == ErrorKind::kCancelled) return page.status();
    return MakeError(std::move(of_listing), base::MessageOf(failure) +
                                                ". Whether it is still listed is not known: " +
                                                base::MessageOf(page.status()));
  }
  if (page->objects.empty() || page->objects[0].key != operation.key) return failure;
  info.kind = ErrorKind::kTransport;
  info.retryable = true;
  return MakeError(std::move(info),
                   operation.what +
                       ": the service says that the object does not exist, but still "
                       "lists it; sync again once the service agrees with itself [" +
                       (base::InfoOf(failure).code.empty() ? "" : "NoSuchKey, ") + "HTTP 404]");
}

arrow::Status S3Store::Send(const Call& call, const std::stop_token& stop) {
  bool renewed = false;
  int refusals_of_time = 0;
  auto since = options_.now();
  int since_then = 0;
  for (int attempts = 1;; ++attempts) {
    Attempt attempt = SendWithinLimit(call, stop);
    if (Follow(attempt)) attempt = SendWithinLimit(call, stop);
    if (attempt.status.ok()) {
      quota_.GiveBack(attempts == 1 ? RetryQuota::kRefill
                                    : RetryQuota::kRetryCost * (attempts - 1));
      return attempt.status;
    }
    if (attempt.expired && !std::exchange(renewed, true)) {
      ARROW_ASSIGN_OR_RAISE(const bool again, RenewFor(attempt, stop));
      if (again) continue;
    }
    if (attempt.clock_difference && CorrectClockFor(attempt, ++refusals_of_time)) continue;
    attempt.status = ConfirmGone(attempt.status, call.operation, stop);
    const ErrorInfo info = base::InfoOf(attempt.status);
    // What brings an answer on does not count as failing.
    if (call.progressed && call.progressed()) {
      since = options_.now();
      since_then = 0;
    }
    const auto elapsed = std::chrono::duration_cast<milliseconds>(options_.now() - since);
    const auto wait =
        NextWait(options_.retry, ++since_then, info, Random(), attempt.retry_after, elapsed);
    if (!wait || !quota_.Take()) {
      if (info.kind == ErrorKind::kCancelled || (attempts == 1 && !wait)) return attempt.status;
      return GivenUp(attempt.status, attempts, elapsed, /*for_quota=*/wait.has_value());
    }
    if (!options_.sleep(*wait, stop)) return base::Cancelled();
    ++stats_.retries;
  }
}

bool S3Store::Follow(const Attempt& attempt) {
  if (attempt.right_region.empty()) return false;
  const BucketSite::Move move = site_->MoveTo(attempt.right_region, *attempt.site);
  if (move == BucketSite::Move::kMoved) {
    Warn("bucket \"" + options_.bucket + "\" is in region \"" + attempt.right_region +
         "\", not in \"" + attempt.site->region + "\"; it is read there, set region to \"" +
         attempt.right_region + "\"");
  }
  return move != BucketSite::Move::kRefused;
}

arrow::Result<bool> S3Store::RenewFor(const Attempt& attempt, const std::stop_token& stop) {
  const auto newer = credentials_.Renew(*attempt.expired, stop);
  if (!newer.ok()) return WithOperation(newer.status(), attempt.operation);
  if (*newer == *attempt.expired) return false;
  ++stats_.retries;
  return true;
}

bool S3Store::CorrectClockFor(const Attempt& attempt, int refusals) {
  const bool is_news = clock_.Correct(*attempt.clock_difference);
  if (is_news && !ServerClock::IsNegligible(*attempt.clock_difference)) {
    Warn("the clock of this machine is " + ClockDifferenceText(*attempt.clock_difference) +
         "; requests are signed with the service's time, set the clock");
  }
  // The first time it may have been corrected by another request, or this one may have waited.
  if (refusals > kMostRefusalsOfTime || (refusals > 1 && !is_news)) return false;
  ++stats_.retries;
  return true;
}

void S3Store::Warn(const std::string& warning) {
  const std::lock_guard lock(warn_mutex_);
  options_.warn(warning);
}

S3Store::Attempt S3Store::SendWithinLimit(const Call& call, const std::stop_token& stop) {
  RequestLimit::Slot slot = limit_.Enter(stop);
  Attempt attempt = SendOnce(call, stop);
  if (attempt.status.ok()) {
    slot.Succeeded();
  } else if (base::KindOf(attempt.status) == ErrorKind::kThrottled) {
    slot.Throttled();
  }
  return attempt;
}

S3Store::Attempt S3Store::SendOnce(const Call& call, const std::stop_token& stop) {
  if (stop.stop_requested()) return {base::Cancelled()};
  const std::shared_ptr<const Site> site = site_->Now();
  HttpRequest request = call.request;
  request.url = call.url(site->address);
  if (options_.requester_pays) request.headers.emplace_back(kRequesterPays);
  if (call.complete) call.complete(request);
  auto keys = Sign(request, site->region, stop);
  if (!keys.ok()) return {WithOperation(keys.status(), call.operation)};
  ++stats_.requests;
  ++call.counter;
  auto response = http_->Perform(request, stop);
  if (call.verdict && base::KindOf(response.status()) != ErrorKind::kCancelled) {
    // Whatever became of a body whose head was wrong.
    const arrow::Status verdict = call.verdict();
    if (!verdict.ok()) return {WithOperation(verdict, call.operation)};
  }
  if (!response.ok()) return {WithOperation(response.status(), call.operation)};
  stats_.bytes_received += response->body_bytes;
  if (response->head.status() / 100 != 2) {
    Attempt refused = Refused(call, *response, site);
    if (MeansExpired(base::InfoOf(refused.status).code)) refused.expired = *std::move(keys);
    return refused;
  }
  const auto status = call.accept(*response);
  return {status.ok() ? status : WithOperation(status, call.operation)};
}

S3Store::Attempt S3Store::Refused(const Call& call, const HttpResponse& response,
                                  const std::shared_ptr<const Site>& site) {
  ServiceAnswer answer = {.http_status = response.head.status(),
                          .body = response.text,
                          .request_id = response.head.Find("x-amz-request-id"),
                          .bucket_region = response.head.Find("x-amz-bucket-region"),
                          .date = response.date};
  if (const auto service_time = TimeOfRefusal(answer)) {
    answer.clock_difference =
        *service_time - std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  Operation operation = call.operation;
  operation.region = site->region;
  return {.status = ErrorFromAnswer(answer, operation),
          .retry_after = response.retry_after,
          .site = site,
          .right_region = RightRegion(answer),
          .clock_difference = answer.clock_difference,
          .operation = operation};
}

arrow::Result<std::optional<Credentials>> S3Store::Sign(HttpRequest& request,
                                                        const std::string& region,
                                                        const std::stop_token& stop) {
  if (options_.anonymous) return std::nullopt;
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

}  // namespace s3
