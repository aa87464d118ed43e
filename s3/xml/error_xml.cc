#include "s3/xml/error_xml.h"

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <utility>

#include "base/error.h"
#include "base/time.h"
#include "base/utf8.h"
#include "s3/http/server_clock.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;

/// What we say and do about a failure. An empty reason leaves the word to the service's own
/// message.
struct Meaning {
  ErrorKind kind;
  bool retryable;
  std::string_view reason;
  std::string_view advice;
  /// The bucket is elsewhere, and the answer may say where.
  bool wrong_region = false;
};

struct CodeMeaning {
  std::string_view code;
  Meaning meaning;
};

constexpr Meaning kBadKeys = {ErrorKind::kAccess, false, "the credentials were refused",
                              "check the access key, the secret key and the session token"};
constexpr Meaning kExpired = {ErrorKind::kAccess, false, "the credentials have expired",
                              "put new ones where they come from (the environment, the profile), "
                              "or sign in again"};
constexpr Meaning kDenied = {ErrorKind::kAccess, false, "access was denied",
                             "allow these credentials s3:ListBucket on the bucket and s3:GetObject "
                             "on its objects"};
constexpr char kAllowedPrefix[] =
    ", or if they may list a part of it only, set path_prefix to that part";
constexpr Meaning kProxyDenied = {ErrorKind::kAccess, false,
                                  "the proxy wants a user name and a password",
                                  "write them into the proxy's URL in the environment"};
constexpr Meaning kWrongRegion = {ErrorKind::kConfig, false,
                                  "the bucket is not in the configured region or not at this "
                                  "endpoint",
                                  "set region to the bucket's own",
                                  /*wrong_region=*/true};
constexpr Meaning kSlowDown = {ErrorKind::kThrottled, true, "the service asks for fewer requests",
                               "try again later or with less concurrency"};
constexpr Meaning kServerFault = {ErrorKind::kTransport, true, "the service failed",
                                  "try again later"};
constexpr Meaning kGone = {ErrorKind::kNotFound, false, "the object does not exist", "sync again"};
/// A page of whatever is before the service, for example.
constexpr Meaning kForeign404 = {ErrorKind::kTransport, true,
                                 "it was not found, but S3 does not say so in this way",
                                 "check the endpoint and what lies between it and this machine"};
constexpr Meaning kBucketAway = {ErrorKind::kTransport, true,
                                 "the bucket does not exist, though it was listed before",
                                 "check the bucket and the endpoint"};
constexpr Meaning kSkewed = {ErrorKind::kAccess, false, "the clock of this machine is too far off",
                             "set the clock"};
constexpr Meaning kNotOffered = {ErrorKind::kTransport, false,
                                 "the service does not offer what was asked for",
                                 "check the endpoint"};
constexpr Meaning kChanged = {ErrorKind::kChanged, false,
                              "the object is no longer the one that was listed", "sync again"};
constexpr Meaning kNoBucket = {ErrorKind::kNotFound, false, "the bucket does not exist",
                               "check its name, the region and the endpoint"};

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
    CodeMeaning{"InvalidBucketName",
                {ErrorKind::kConfig, false, "the bucket's name is not valid", "check it"}},
    CodeMeaning{"PreconditionFailed", kChanged},
    CodeMeaning{"InvalidRange", kChanged},
    CodeMeaning{
        "InvalidObjectState",
        {ErrorKind::kArchived, false, "the object is archived", "restore it or leave it out"}},
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
          "check the endpoint and the configuration"};
}

/// What the same code means depends on what was asked for.
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
  /// Of an archived object.
  std::string storage_class;
  /// Of a request whose time was refused.
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

/// What is added to the reason, where the answer tells more.
std::string Particulars(const Meaning& meaning, const ServiceAnswer& answer,
                        const ErrorDocument& document) {
  std::string text;
  if (!document.storage_class.empty()) text += " in storage class " + document.storage_class;
  if (meaning.reason == kSkewed.reason && answer.clock_difference) {
    text += ", " + ClockDifferenceText(*answer.clock_difference);
  }
  return text + Quote(document.message);
}

std::string RegionIn(const ServiceAnswer& answer, const ErrorDocument& document) {
  return answer.bucket_region.empty() ? document.region : std::string(answer.bucket_region);
}

}  // namespace

std::string Quote(std::string message) {
  constexpr size_t kLongest = 300;
  message.resize(base::CutAtCharacter(message, kLongest).size());
  std::replace_if(
      message.begin(), message.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  while (!message.empty() && (message.back() == '.' || message.back() == ' ')) message.pop_back();
  return message.empty() ? "" : " (\"" + message + "\")";
}

arrow::Status ErrorFromAnswer(const ServiceAnswer& answer, const Operation& operation) {
  const ErrorDocument document = ParseError(answer.body);
  const Meaning meaning = MeaningFor(document.code, answer.http_status, operation);
  const std::string region = RegionIn(answer, document);
  std::string text = operation.what + ": ";
  // AWS sends its region with other failures too, so only a region that differs tells something.
  if (meaning.wrong_region && !region.empty() && region != operation.region) {
    text += "bucket \"" + operation.bucket + "\" is in region \"" + region + "\", not in \"" +
            operation.region + "\"; set region to \"" + region + "\"";
  } else {
    text += std::string(meaning.reason) + Particulars(meaning, answer, document) + "; " +
            std::string(meaning.advice);
    if (operation.whole_bucket && document.code == "AccessDenied") text += kAllowedPrefix;
  }
  const std::string_view request_id =
      answer.request_id.empty() ? std::string_view(document.request_id) : answer.request_id;
  text += " [" + (document.code.empty() ? "" : document.code + ", ") + "HTTP " +
          std::to_string(answer.http_status) +
          (request_id.empty() ? "" : ", request id " + std::string(request_id)) + "]";
  return MakeError(ErrorInfo{.kind = meaning.kind,
                             .retryable = meaning.retryable,
                             .key = operation.key,
                             .code = document.code},
                   std::move(text));
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
                   reason + "; check that the endpoint is an S3 service and try again");
}

}  // namespace s3
