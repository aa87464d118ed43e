#include "s3/s3_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/memory_pool.h"
#include "base/error.h"
#include "s3/checksum/checksum.h"
#include "s3/download.h"
#include "s3/endpoint/partitions.h"
#include "s3/etag.h"
#include "s3/xml/list_xml.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;

/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
constexpr char kWantRestoreStatus[] = "x-amz-optional-object-attributes: RestoreStatus";

/// S3's own limit, https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
constexpr int kMaxKeysPerPage = 1000;
/// 1,000 keys of 1,024 bytes, each byte encoded as three, with 900 bytes of XML around each.
constexpr int64_t kMaxListingBytes = 1000 * (3 * 1024 + 900) + 64 * 1024;

/// The pool for memory that one thread fetches into and another frees. Arrow's default allocator
/// keeps freed memory for the thread that allocated it; with dozens of threads that is a multiple
/// of what is in use, while malloc shares it. Large buffers come from the kernel and go back to it,
/// and the default allocator returns them sooner.
arrow::MemoryPool* PoolFor(int64_t bytes) {
  constexpr int64_t kLargeBytes = int64_t{1} << 20;
  return bytes < kLargeBytes ? arrow::system_memory_pool() : arrow::default_memory_pool();
}

/// Whether an unknown header may be the cause: a refusal without a known reason, or of the
/// signature, which covers all headers.
bool MayBeForAHeader(const ErrorInfo& info) {
  return (info.kind == ErrorKind::kTransport && !info.retryable) ||
         info.code == "SignatureDoesNotMatch";
}

std::vector<std::pair<std::string, std::string>> QueryOf(const ListRequest& request) {
  std::vector<std::pair<std::string, std::string>> query = {
      {"list-type", "2"},
      {"encoding-type", "url"},
      {"max-keys", std::to_string(std::clamp(request.max_keys, 1, kMaxKeysPerPage))}};
  if (!request.prefix.empty()) query.emplace_back("prefix", request.prefix);
  if (!request.start_after.empty()) query.emplace_back("start-after", request.start_after);
  if (!request.delimiter.empty()) query.emplace_back("delimiter", request.delimiter);
  if (!request.continuation.empty()) query.emplace_back("continuation-token", request.continuation);
  return query;
}

}  // namespace

arrow::Result<std::shared_ptr<S3Store>> S3Store::Make(S3Options options) {
  std::string name = StoreName(options.endpoint, options.region);
  ARROW_ASSIGN_OR_RAISE(auto sender, RequestSender::Make(std::move(options)));
  return std::shared_ptr<S3Store>(new S3Store(std::move(name), std::move(sender)));
}

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
  const auto query = QueryOf(request);
  ListPage page;
  Call call{.url = [&](const BucketAddress& address) { return BucketUrl(address, query); },
            .request = {.max_text_bytes = kMaxListingBytes},
            .operation = {.what = "cannot list s3://" + sender_->bucket() + "/" + request.prefix,
                          .bucket = sender_->bucket(),
                          .whole_bucket = request.prefix.empty()},
            .counter = sender_->stats().list_requests,
            .end_attempt = [&](arrow::Result<HttpResponse> response) -> arrow::Status {
              ARROW_RETURN_NOT_OK(response);
              ARROW_ASSIGN_OR_RAISE(page, ParseListPage(std::move(response->text)));
              if (page.continuation == request.continuation) {
                return BrokenAnswer("the listing continues with the page that it just sent");
              }
              return arrow::Status::OK();
            }};
  if (ask_restore_status) call.request.headers.emplace_back(kWantRestoreStatus);
  ARROW_RETURN_NOT_OK(sender_->Send(call, stop));
  return page;
}

Call S3Store::ObjectCall(const std::string& verb, const std::string& key,
                         std::atomic<int64_t>& counter, const std::stop_token& stop) {
  const Operation operation = {.what = "cannot " + verb + " s3://" + sender_->bucket() + "/" + key,
                               .bucket = sender_->bucket(),
                               .key = key};
  return {.url = [key](const BucketAddress& address) { return ObjectUrl(address, key); },
          .operation = operation,
          .counter = counter,
          .check_failure =
              [this, operation, stop](const arrow::Status& failure) {
                return ConfirmGone(failure, operation, stop);
              }};
}

arrow::Result<std::shared_ptr<arrow::Buffer>> S3Store::Get(const GetRequest& request,
                                                           std::stop_token stop) {
  const ByteRange& range = request.range;
  if (range.offset < 0 || range.length <= 0) {
    return arrow::Status::Invalid("the range of a Get must not be empty or negative");
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer,
                        arrow::AllocateBuffer(range.length, PoolFor(range.length)));
  Download download(request, *buffer);
  Call call = ObjectCall("read", request.key, sender_->stats().get_requests, stop);
  call.begin_attempt = [&](HttpRequest& attempt) { download.Begin(attempt); };
  call.end_attempt = [&](const arrow::Result<HttpResponse>& response) {
    return download.End(response.status());
  };
  call.made_progress = [&] { return download.broke_off(); };
  ARROW_RETURN_NOT_OK(sender_->Send(call, stop));
  return buffer;
}

arrow::Result<std::optional<Checksum>> S3Store::StoredChecksum(const std::string& key,
                                                               const std::string& etag,
                                                               std::stop_token stop) {
  std::optional<Checksum> checksum;
  Call call = ObjectCall("look up the checksum of", key, sender_->stats().head_requests, stop);
  call.operation.without_document = true;
  call.request = {.method = "HEAD", .headers = {kWantChecksum}};
  if (!etag.empty()) call.request.headers.push_back("If-Match: " + StrongETag(etag));
  call.end_attempt = [&](const arrow::Result<HttpResponse>& response) -> arrow::Status {
    ARROW_RETURN_NOT_OK(response);
    const std::string_view answered = response->head.Find("etag");
    if (!etag.empty() && !answered.empty() && !SameETag(etag, answered)) {
      return MakeError(ErrorKind::kChanged,
                       "the object has changed since it was listed. Sync again.");
    }
    checksum = ChecksumIn(response->head);
    return arrow::Status::OK();
  };
  ARROW_RETURN_NOT_OK(sender_->Send(call, stop));
  return checksum;
}

arrow::Status S3Store::ConfirmGone(const arrow::Status& failure, const Operation& operation,
                                   const std::stop_token& stop) {
  ErrorInfo info = base::InfoOf(failure);
  if (info.kind != ErrorKind::kNotFound) return failure;
  // The key itself is the first of all keys that begin with it.
  const auto page = List({.prefix = operation.key, .max_keys = 1}, stop);
  if (!page.ok()) {
    ErrorInfo of_listing = base::InfoOf(page.status());
    if (of_listing.kind == ErrorKind::kCancelled) return page.status();
    // The listing has been retried already.
    of_listing.retryable = false;
    of_listing.key = operation.key;
    return MakeError(std::move(of_listing), base::MessageOf(failure) +
                                                " It is not known whether it is still listed: " +
                                                base::MessageOf(page.status()));
  }
  if (page->objects.empty() || page->objects[0].key != operation.key) return failure;
  const std::string code = info.code.empty() ? "" : "NoSuchKey";
  info.kind = ErrorKind::kTransport;
  info.retryable = true;
  return MakeError(std::move(info),
                   operation.what +
                       ": the service answers that the object does not exist, but still lists it" +
                       AnswerText(404, code, "") + ". Sync again later.");
}

}  // namespace s3
