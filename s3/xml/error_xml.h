// Turns an error answer of S3 into a status: its kind, whether a retry can help, and a text.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html lists the codes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "arrow/status.h"

namespace s3 {

/// What a request is for.
struct Operation {
  /// Begins the error text: "cannot read s3://bucket/key".
  std::string what;
  std::string bucket;
  /// The region that the request was signed for; compared with the bucket's.
  std::string region;
  /// Empty for a listing.
  std::string key;
  /// A listing without a prefix. A policy may grant a part of it only.
  bool whole_bucket = false;
  /// A HEAD. Its answer has no document, so only the status says what failed.
  bool without_document = false;
};

/// An answer whose status is not a success.
struct ServiceAnswer {
  int http_status = 0;
  /// S3's <Error> document. Something else, or nothing, if a proxy or a broken server answered.
  std::string_view body;
  /// The header x-amz-request-id.
  std::string_view request_id;
  /// The header x-amz-bucket-region.
  std::string_view bucket_region;
  /// The header Date.
  std::optional<std::chrono::sys_seconds> date = {};
  /// How far the service's clock is ahead of this machine's, for the text of such a refusal.
  std::optional<std::chrono::seconds> clock_difference = {};
};

/// Never OK. The code decides, or the HTTP status if the code is not known. kNotFound only if S3
/// itself says so: NoSuchKey for an object, NoSuchBucket for a listing. Any other 404, and a bucket
/// that is missing though it was listed a moment ago, is kTransport and may be retried.
[[nodiscard]] arrow::Status ErrorFromAnswer(const ServiceAnswer& answer,
                                            const Operation& operation);

/// The service's time if it refused a request for the time of its signature; from the header, else
/// from the document. Nothing if it refused for another reason or does not say its time.
std::optional<std::chrono::sys_seconds> TimeOfRefusal(const ServiceAnswer& answer);

/// The region that the answer redirects the request to; from the header, else from the document.
/// Empty if the answer is not a redirect or names no region.
std::string RightRegion(const ServiceAnswer& answer);

/// The failure with the operation's key, and its text after the operation's.
[[nodiscard]] arrow::Status WithOperation(const arrow::Status& failure, const Operation& operation);

/// What the service answered, to follow a reason: ' (403 AccessDenied, "its message", request id
/// R)'. A long message is cut. What is empty is omitted.
std::string AnswerText(int http_status, std::string_view code, std::string_view message,
                       std::string_view request_id = "");

/// A retryable kTransport error: the answer violates the protocol. `reason` says how.
[[nodiscard]] arrow::Status BrokenAnswer(const std::string& reason);

}  // namespace s3
