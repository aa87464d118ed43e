// From an S3 error answer to a status: kind, whether a retry can help, and one sentence.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html lists the codes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "arrow/status.h"

namespace s3 {

/// What a request was about, for error texts.
struct Operation {
  /// Begins the sentence: "reading s3://bucket/key".
  std::string what;
  std::string bucket;
  /// That the request was for; compared with the one a bucket claims to be in.
  std::string region;
  /// Empty for a listing.
  std::string key;
  /// A listing without a prefix: a policy may allow a part of it only.
  bool whole_bucket = false;
  /// A HEAD: its answer has no document, so the status alone tells.
  bool without_document = false;
};

/// An answer whose status is not a success.
struct ServiceAnswer {
  int http_status = 0;
  /// S3's <Error> document; something else, or nothing, when a proxy or a broken server answered.
  std::string_view body;
  /// Of the header x-amz-request-id.
  std::string_view request_id;
  /// Of the header x-amz-bucket-region.
  std::string_view bucket_region;
  /// Of the header Date.
  std::optional<std::chrono::sys_seconds> date = {};
  /// How far the service's clock is ahead of this machine's; for the text of a refusal for that.
  std::optional<std::chrono::seconds> clock_difference = {};
};

/// Never OK. The code decides; without a known one, the HTTP status. kNotFound is only what S3 says
/// in its own words: NoSuchKey of an object, NoSuchBucket of a listing. Whatever else says 404, and
/// a bucket that is missing though it was listed a moment ago, is a kTransport that may be retried.
[[nodiscard]] arrow::Status ErrorFromAnswer(const ServiceAnswer& answer,
                                            const Operation& operation);

/// The service's time when it refused a request for the time of its signature, from the header or
/// else the document; nothing when it refused for something else, or does not tell.
std::optional<std::chrono::sys_seconds> TimeOfRefusal(const ServiceAnswer& answer);

/// The region that the answer sends the request to, from the header or else the document; empty
/// when it is no such answer or names none.
std::string RightRegion(const ServiceAnswer& answer);

/// The same failure with the operation's key and with its text in front.
[[nodiscard]] arrow::Status WithOperation(const arrow::Status& failure, const Operation& operation);

/// The service's own words, fit to stand inside a sentence: ' ("words")'; empty when there are
/// none.
std::string Quote(std::string message);

/// A retryable kTransport error: the answer breaks the protocol in the way that `reason` says.
[[nodiscard]] arrow::Status BrokenAnswer(const std::string& reason);

}  // namespace s3
