#include "s3/xml/error_xml.h"

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "s3/http/server_clock.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;

/// What a failure means: its kind, and the text of the error.
struct Meaning {
  ErrorKind kind;
  bool retryable;
  std::string_view reason;
  /// A sentence: what the user can do.
  std::string_view advice;
  /// The bucket is in another region, and the answer may name it.
  bool wrong_region = false;
};

struct CodeMeaning {
  std::string_view code;
  Meaning meaning;
};

constexpr Meaning kBadKeys = {ErrorKind::kAccess, false, "the service rejected the credentials",
                              "Check the access key, the secret key and the session token."};
constexpr Meaning kExpired = {
    ErrorKind::kAccess, false, "the credentials have expired",
    "Renew them where they come from (the environment, the profile), or sign in again."};
/// The advice depends on the operation, see AdviceFor.
constexpr Meaning kDenied = {ErrorKind::kAccess, false, "access denied", ""};
constexpr Meaning kProxyDenied = {ErrorKind::kAccess, false,
                                  "the proxy requires a user name and a password",
                                  "Add them to the proxy's URL in the environment."};
constexpr Meaning kWrongRegion = {
    ErrorKind::kConfig, false, "the bucket is not in the configured region or not at this endpoint",
    "Set region to the bucket's region.",
    /*wrong_region=*/true};
constexpr Meaning kSlowDown = {ErrorKind::kThrottled, true, "the service throttles requests",
                               "Try again later or with less concurrency."};
constexpr Meaning kServerFault = {ErrorKind::kTransport, true, "the service failed",
                                  "Try again later."};
constexpr Meaning kGone = {ErrorKind::kNotFound, false, "the object does not exist", "Sync again."};
/// For example a page of a proxy or a load balancer.
constexpr Meaning kForeign404 = {
    ErrorKind::kTransport, true, "not found, but the answer is not an answer of S3",
    "Check the endpoint, and proxies and load balancers between it and this machine."};
constexpr Meaning kBucketAway = {ErrorKind::kTransport, true,
                                 "the bucket does not exist, though it was listed before",
                                 "Check the bucket and the endpoint."};
constexpr Meaning kSkewed = {ErrorKind::kAccess, false, "the clock of this machine is too far off",
                             "Set the clock."};
constexpr Meaning kNotOffered = {ErrorKind::kTransport, false,
                                 "the service does not support the request", "Check the endpoint."};
constexpr Meaning kChanged = {ErrorKind::kChanged, false,
                              "the object has changed since it was listed", "Sync again."};
constexpr Meaning kArchived = {ErrorKind::kArchived, false, "the object is archived",
                               "Restore it or exclude it."};
constexpr Meaning kNoBucket = {ErrorKind::kNotFound, false, "the bucket does not exist",
                               "Check its name, the region and the endpoint."};
constexpr Meaning kBadBucketName = {ErrorKind::kConfig, false, "the bucket's name is not valid",
                                    "Check the name."};

constexpr std::array kCodes = {
    CodeMeaning{"NoSuchBucket", kNoBucket},
    CodeMeaning{"NoSuchKey", kGone},
    CodeMeaning{"AccessDenied", kDenied},
    CodeMeaning{"AllAccessDisabled", kDenied},
    CodeMeaning{"AccountProblem", kDenied},
    CodeMeaning{"NotSignedUp", kDenied},
    CodeMeaning{"InvalidAccessKeyId", kBadKeys},
    CodeMeaning{"SignatureDoesNotMatch", kBadKeys},
    CodeMeaning{"InvalidToken", kBadKeys},
    CodeMeaning{"ExpiredToken", kExpired},
    CodeMeaning{"ExpiredTokenException", kExpired},
    CodeMeaning{"TokenRefreshRequired", kExpired},
    CodeMeaning{"RequestTimeTooSkewed", kSkewed},
    CodeMeaning{"RequestExpired", kSkewed},
    CodeMeaning{"RequestInTheFuture", kSkewed},
    CodeMeaning{"PermanentRedirect", kWrongRegion},
    CodeMeaning{"TemporaryRedirect", kWrongRegion},
    CodeMeaning{"Redirect", kWrongRegion},
    CodeMeaning{"AuthorizationHeaderMalformed", kWrongRegion},
    CodeMeaning{"IllegalLocationConstraintException", kWrongRegion},
    CodeMeaning{"InvalidBucketName", kBadBucketName},
    CodeMeaning{"PreconditionFailed", kChanged},
    CodeMeaning{"InvalidRange", kChanged},
    CodeMeaning{"InvalidObjectState", kArchived},
    CodeMeaning{"NotImplemented", kNotOffered},
    CodeMeaning{"SlowDown", kSlowDown},
    CodeMeaning{"Throttling", kSlowDown},
    CodeMeaning{"ThrottlingException", kSlowDown},
    CodeMeaning{"RequestLimitExceeded", kSlowDown},
    CodeMeaning{"TooManyRequests", kSlowDown},
    CodeMeaning{"BandwidthLimitExceeded", kSlowDown},
    CodeMeaning{"InternalError", kServerFault},
    CodeMeaning{"ServiceUnavailable", kSlowDown},
    CodeMeaning{"OperationAborted", kServerFault},
    CodeMeaning{"RequestTimeout", kServerFault},
};

struct StatusMeaning {
  int http_status;
  Meaning meaning;
};

constexpr std::array kStatuses = {
    StatusMeaning{301, kWrongRegion}, StatusMeaning{302, kWrongRegion},
    StatusMeaning{307, kWrongRegion}, StatusMeaning{308, kWrongRegion},
    StatusMeaning{401, kDenied},      StatusMeaning{403, kDenied},
    StatusMeaning{404, kForeign404},  StatusMeaning{407, kProxyDenied},
    StatusMeaning{408, kServerFault}, StatusMeaning{409, kServerFault},
    StatusMeaning{412, kChanged},     StatusMeaning{416, kChanged},
    StatusMeaning{429, kSlowDown},    StatusMeaning{501, kNotOffered},
    StatusMeaning{503, kSlowDown},
};

Meaning MeaningOf(std::string_view code, int http_status) {
  const auto by_code =
      std::find_if(kCodes.begin(), kCodes.end(), [&](const auto& row) { return row.code == code; });
  if (by_code != kCodes.end()) return by_code->meaning;
  const auto by_status = std::find_if(kStatuses.begin(), kStatuses.end(), [&](const auto& row) {
    return row.http_status == http_status;
  });
  if (by_status != kStatuses.end()) return by_status->meaning;
  if (http_status >= 500) return kServerFault;
  return {ErrorKind::kTransport, false, "the service refused the request",
          "Check the endpoint and the configuration."};
}

/// The meaning of a code depends on the operation.
Meaning MeaningFor(std::string_view code, int http_status, const Operation& operation) {
  const bool of_an_object = !operation.key.empty();
  if (of_an_object && code == "NoSuchBucket") return kBucketAway;
  if (operation.without_document && http_status == 404) return kGone;
  if (code == "NoSuchKey" && (!of_an_object || http_status != 404)) {
    return MeaningOf("", http_status);
  }
  return MeaningOf(code, http_status);
}

struct ErrorDocument {
  std::string code;
  std::string message;
  std::string request_id;
  std::string region;
  /// In the answer to a read of an archived object.
  std::string storage_class;
  /// In the answer to a request that was refused for the time of its signature.
  std::string server_time;
};

ErrorDocument ParseError(std::string_view body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return {};
  const pugi::xml_node error = document.child("Error");
  return {.code = error.child_value("Code"),
          .message = error.child_value("Message"),
          .request_id = error.child_value("RequestId"),
          .region = error.child_value("Region"),
          .storage_class = error.child_value("StorageClass"),
          .server_time = error.child_value("ServerTime")};
}

/// What the answer adds to the reason.
std::string Particulars(const Meaning& meaning, const ServiceAnswer& answer,
                        const ErrorDocument& document) {
  std::string text;
  if (!document.storage_class.empty()) text += " in storage class " + document.storage_class;
  if (meaning.reason == kSkewed.reason && answer.clock_difference) {
    text += ", " + ClockDifferenceText(*answer.clock_difference);
  }
  return text;
}

std::string AdviceFor(const Meaning& meaning, const Operation& operation) {
  if (meaning.reason != kDenied.reason) return std::string(meaning.advice);
  if (!operation.key.empty()) return "Grant s3:GetObject on the object.";
  std::string advice = "Grant s3:ListBucket on the bucket";
  // A policy may allow to list a part of the bucket only.
  if (operation.whole_bucket) advice += ", or set path_prefix to the part that is granted";
  return advice + ".";
}

std::string RegionIn(const ServiceAnswer& answer, const ErrorDocument& document) {
  return answer.bucket_region.empty() ? document.region : std::string(answer.bucket_region);
}

}  // namespace

std::string AnswerText(int http_status, std::string_view code, std::string_view message,
                       std::string_view request_id) {
  constexpr size_t kMaxMessageBytes = 300;
  std::string text = " (";
  text += code.empty() ? "HTTP " + std::to_string(http_status)
                       : std::to_string(http_status) + " " + std::string(code);
  std::string words(base::CutAtCharacter(message, kMaxMessageBytes));
  std::replace_if(
      words.begin(), words.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  while (words.ends_with('.') || words.ends_with(' ')) words.pop_back();
  if (!words.empty()) text += ", " + base::Quoted(words);
  if (!request_id.empty()) text.append(", request id ").append(request_id);
  return text + ")";
}

arrow::Status ErrorFromAnswer(const ServiceAnswer& answer, const Operation& operation) {
  const ErrorDocument document = ParseError(answer.body);
  const Meaning meaning = MeaningFor(document.code, answer.http_status, operation);
  std::string reason = std::string(meaning.reason) + Particulars(meaning, answer, document);
  std::string advice = AdviceFor(meaning, operation);
  // AWS sends its region with other failures too, so only a region that differs is informative.
  const std::string region = RegionIn(answer, document);
  if (meaning.wrong_region && !region.empty() && region != operation.region) {
    reason = "bucket " + base::Quoted(operation.bucket) + " is in region " + base::Quoted(region) +
             ", not in " + base::Quoted(operation.region);
    advice = "Set region to " + base::Quoted(region) + ".";
  }
  const std::string_view request_id =
      answer.request_id.empty() ? std::string_view(document.request_id) : answer.request_id;
  return MakeError(ErrorInfo{.kind = meaning.kind,
                             .retryable = meaning.retryable,
                             .key = operation.key,
                             .code = document.code},
                   operation.what + ": " + reason +
                       AnswerText(answer.http_status, document.code, document.message, request_id) +
                       ". " + advice);
}

std::optional<std::chrono::sys_seconds> TimeOfRefusal(const ServiceAnswer& answer) {
  const ErrorDocument document = ParseError(answer.body);
  if (MeaningOf(document.code, answer.http_status).reason != kSkewed.reason) return std::nullopt;
  if (answer.date) return answer.date;
  const auto time = base::ParseRfc3339(document.server_time);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time);
}

std::string RightRegion(const ServiceAnswer& answer) {
  const ErrorDocument document = ParseError(answer.body);
  return MeaningOf(document.code, answer.http_status).wrong_region ? RegionIn(answer, document)
                                                                   : "";
}

arrow::Status WithOperation(const arrow::Status& failure, const Operation& operation) {
  ErrorInfo info = base::InfoOf(failure);
  if (info.kind == ErrorKind::kCancelled || info.kind == ErrorKind::kOther) return failure;
  info.key = operation.key;
  return MakeError(std::move(info), operation.what + ": " + base::MessageOf(failure));
}

arrow::Status BrokenAnswer(const std::string& reason) {
  return MakeError(ErrorInfo{.kind = ErrorKind::kTransport, .retryable = true},
                   reason + ". Check that the endpoint is an S3 service and try again.");
}

}  // namespace s3
