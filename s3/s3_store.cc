#include "s3/s3_store.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <random>
#include <utility>

#include "arrow/buffer.h"
#include "arrow/memory_pool.h"
#include "base/error.h"
#include "s3/checksum.h"
#include "s3/environment.h"
#include "s3/list_xml.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;
using std::chrono::milliseconds;

/// SHA-256 of nothing, which AWS wants named in every signed request without a body.
constexpr char kEmptyBodyHash[] =
    "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

constexpr char kRequesterPays[] = "x-amz-request-payer: requester";

/// S3's own limit, https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
constexpr int kMostKeysPerPage = 1000;
/// 1,000 keys of 1,024 bytes, each byte encoded as three, with 600 bytes of XML around each.
constexpr int64_t kLongestListing = 1000 * (3 * 1024 + 600) + 64 * 1024;

/// What the options leave open, from the variables of the AWS SDKs:
/// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
void CompleteFromEnvironment(S3Options& options) {
  if (options.tls_ca_file.empty()) options.tls_ca_file = Variable("AWS_CA_BUNDLE");
  if (!options.endpoint.empty() || IsOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) return;
  options.endpoint = Variable("AWS_ENDPOINT_URL_S3");
  if (options.endpoint.empty()) options.endpoint = Variable("AWS_ENDPOINT_URL");
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

/// "bytes 0-99/1234" of the header Content-Range; the total may be unknown ("*").
struct ContentRange {
  int64_t first = -1;
  int64_t last = -1;
  int64_t total = -1;
};

std::optional<ContentRange> ParseContentRange(std::string_view text) {
  ContentRange range;
  const auto number = [&](int64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return error == std::errc();
  };
  const auto literal = [&](std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
  };
  const bool ok = literal("bytes ") && number(range.first) && literal("-") && number(range.last) &&
                  literal("/") && (literal("*") || number(range.total)) && text.empty();
  return ok ? std::optional(range) : std::nullopt;
}

/// OK when the head promises exactly the bytes of `range`.
arrow::Status CheckRange(const HttpHead& head, const ByteRange& range) {
  if (head.status() != 206) {
    // Without a range, an answer is right only when the range was the whole object.
    if (range.offset == 0 && head.Find("content-length") == std::to_string(range.length)) {
      return arrow::Status::OK();
    }
    return BrokenAnswer("the server ignored the byte range that was asked for (HTTP " +
                        std::to_string(head.status()) + ")");
  }
  const std::string_view text = head.Find("content-range");
  const auto answered = ParseContentRange(text);
  const int64_t last = range.offset + range.length - 1;
  if (answered && answered->first == range.offset && answered->last == last) {
    return arrow::Status::OK();
  }
  if (answered && answered->total >= 0 && answered->total <= last) {
    return MakeError(ErrorKind::kChanged, "the object has " + std::to_string(answered->total) +
                                              " bytes, fewer than were listed; sync again");
  }
  return BrokenAnswer("the server answered with the wrong byte range (\"" + std::string(text) +
                      "\" instead of " + std::to_string(range.offset) + "-" + std::to_string(last) +
                      ")");
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
};

arrow::Result<std::shared_ptr<S3Store>> S3Store::Make(S3Options options) {
  CompleteFromEnvironment(options);
  ARROW_ASSIGN_OR_RAISE(auto site,
                        BucketSite::Make({.bucket = options.bucket,
                                          .region = options.region,
                                          .endpoint = options.endpoint,
                                          .variant = VariantOfEnvironment(),
                                          .path_style = options.path_style}));
  ARROW_ASSIGN_OR_RAISE(
      auto http, HttpClient::Make({.user_agent = options.user_agent,
                                   .max_idle_connections = options.max_connections,
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
      quota_(options_.max_connections, options_.retry) {}

arrow::Result<ListPage> S3Store::List(const ListRequest& request, std::stop_token stop) {
  std::vector<std::pair<std::string, std::string>> query = {
      {"list-type", "2"},
      {"encoding-type", "url"},
      {"max-keys", std::to_string(std::clamp(request.max_keys, 1, kMostKeysPerPage))}};
  if (!request.prefix.empty()) query.emplace_back("prefix", request.prefix);
  if (!request.start_after.empty()) query.emplace_back("start-after", request.start_after);
  if (!request.delimiter.empty()) query.emplace_back("delimiter", request.delimiter);
  if (!request.continuation.empty()) query.emplace_back("continuation-token", request.continuation);

  ListPage page;
  const Call call{.url = [&](const BucketAddress& address) { return BucketUrl(address, query); },
                  .request = {.max_text_bytes = kLongestListing},
                  .operation = {.what = "listing s3://" + options_.bucket + "/" + request.prefix,
                                .bucket = options_.bucket},
                  .counter = stats_.list_requests,
                  .accept = [&](HttpResponse& response) -> arrow::Status {
                    ARROW_ASSIGN_OR_RAISE(page, ParseListPage(std::move(response.text)));
                    if (page.continuation == request.continuation) {
                      return BrokenAnswer("the listing continues with the page it is on");
                    }
                    return arrow::Status::OK();
                  }};
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
            .operation = {.what = "reading s3://" + options_.bucket + "/" + request.key,
                          .bucket = options_.bucket,
                          .key = request.key},
            .counter = stats_.get_requests};
  if (!request.if_match.empty()) call.request.headers.push_back("If-Match: " + request.if_match);
  if (request.whole) call.request.headers.push_back(kWantChecksum);
  // What is still missing, and how much of it the last attempt got.
  ByteRange rest = range;
  int64_t placed = 0;
  std::optional<Checksum> checksum;
  call.request.placed_bytes = &placed;
  call.request.place_body = [&](const HttpHead& head) -> std::span<uint8_t> {
    if (head.status() / 100 != 2 || !CheckRange(head, rest).ok()) return {};
    if (request.whole && rest == range) checksum = ChecksumIn(head);
    return {buffer->mutable_data() + (rest.offset - range.offset),
            static_cast<size_t>(rest.length)};
  };
  call.accept = [&](HttpResponse& response) -> arrow::Status {
    ARROW_RETURN_NOT_OK(CheckRange(response.head, rest));
    if (!checksum) return arrow::Status::OK();
    const auto content = std::span(buffer->data(), static_cast<size_t>(buffer->size()));
    if (ChecksumValue(checksum->algorithm, content) == checksum->value) return arrow::Status::OK();
    placed = 0;
    rest = range;
    return BrokenAnswer("the content does not have the checksum that the service stores with it");
  };
  call.complete = [&](HttpRequest& attempt) {
    // Only the same generation of the object goes on where this one stopped.
    if (!request.if_match.empty() && placed < rest.length) {
      rest = {.offset = rest.offset + placed, .length = rest.length - placed};
    }
    placed = 0;
    // The service gives no checksum with a part.
    if (request.whole && rest == range) return;
    attempt.headers.push_back("Range: bytes=" + std::to_string(rest.offset) + "-" +
                              std::to_string(rest.offset + rest.length - 1));
  };
  ARROW_RETURN_NOT_OK(Send(call, stop));
  return buffer;
}

arrow::Status S3Store::Send(const Call& call, const std::stop_token& stop) {
  bool renewed = false;
  for (int attempts = 1;; ++attempts) {
    Attempt attempt = SendWithinLimit(call, stop);
    if (Follow(attempt)) attempt = SendWithinLimit(call, stop);
    if (attempt.status.ok()) {
      quota_.GiveBack(attempts == 1 ? RetryQuota::kRefill : RetryQuota::kRetryCost);
      return attempt.status;
    }
    const ErrorInfo info = base::InfoOf(attempt.status);
    if (attempt.expired && !renewed) {
      renewed = true;
      const auto newer = credentials_.Renew(*attempt.expired, stop);
      if (!newer.ok()) return WithOperation(newer.status(), call.operation);
      if (*newer != *attempt.expired) {
        ++stats_.retries;
        continue;
      }
    }
    const auto wait = NextWait(options_.retry, attempts, info, Random(), attempt.retry_after);
    if (!wait || !quota_.Take()) {
      if (info.kind == ErrorKind::kCancelled || (attempts == 1 && !wait)) return attempt.status;
      return MakeError(info, base::MessageOf(attempt.status) + " (after " +
                                 std::to_string(attempts) + " attempts" +
                                 (wait ? "; too many requests fail to try again)" : ")"));
    }
    if (!options_.sleep(*wait, stop)) return base::Cancelled();
    ++stats_.retries;
  }
}

bool S3Store::Follow(const Attempt& attempt) {
  if (attempt.right_region.empty()) return false;
  const BucketSite::Move move = site_->MoveTo(attempt.right_region, *attempt.site);
  if (move == BucketSite::Move::kMoved) {
    options_.warn("bucket \"" + options_.bucket + "\" is in region \"" + attempt.right_region +
                  "\", not in \"" + attempt.site->region +
                  "\"; it is read there, set region to \"" + attempt.right_region + "\"");
  }
  return move != BucketSite::Move::kRefused;
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
  if (!response.ok()) return {WithOperation(response.status(), call.operation)};
  stats_.bytes_received += response->body_bytes;
  if (response->head.status() / 100 != 2) {
    const ServiceAnswer answer = {.http_status = response->head.status(),
                                  .body = response->text,
                                  .request_id = response->head.Find("x-amz-request-id"),
                                  .bucket_region = response->head.Find("x-amz-bucket-region")};
    Operation operation = call.operation;
    operation.region = site->region;
    Attempt failed = {.status = ErrorFromAnswer(answer, operation),
                      .retry_after = response->retry_after,
                      .site = site,
                      .right_region = RightRegion(answer)};
    if (MeansExpired(base::InfoOf(failed.status).code)) failed.expired = *std::move(keys);
    return failed;
  }
  const auto status = call.accept(*response);
  return {status.ok() ? status : WithOperation(status, call.operation)};
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
  request.signing =
      HttpSigning{.access_key = keys.access_key, .secret_key = keys.secret_key, .region = region};
  return keys;
}

}  // namespace s3
