#include "s3/error_xml.h"

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

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
constexpr Meaning kGone = {ErrorKind::kNotFound, false, "it does not exist", "check its name"};
constexpr Meaning kChanged = {ErrorKind::kChanged, false,
                              "the object is no longer the one that was listed", "sync again"};
constexpr Meaning kNoBucket = {ErrorKind::kNotFound, false, "the bucket does not exist",
                               "check its name, the region and the endpoint"};

constexpr std::array kCodes = {
    CodeMeaning{"NoSuchBucket", kNoBucket},
    CodeMeaning{"NoSuchKey",
                {ErrorKind::kNotFound, false, "the object does not exist", "sync again"}},
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
    CodeMeaning{
        "RequestTimeTooSkewed",
        {ErrorKind::kAccess, false, "the clock of this machine is too far off", "set the clock"}},
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
        {ErrorKind::kUnsupported, false, "the object is archived", "restore it or leave it out"}},
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
    StatusMeaning{404, kGone},        StatusMeaning{407, kProxyDenied},
    StatusMeaning{408, kServerFault}, StatusMeaning{409, kServerFault},
    StatusMeaning{412, kChanged},     StatusMeaning{416, kChanged},
    StatusMeaning{429, kSlowDown},    StatusMeaning{503, kSlowDown},
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

struct ErrorDocument {
  std::string code;
  std::string message;
  std::string request_id;
  std::string region;
  /// Of an archived object.
  std::string storage_class;
};

ErrorDocument ParseError(std::string_view body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return {};
  const pugi::xml_node error = document.child("Error");
  return {.code = error.child_value("Code"),
          .message = error.child_value("Message"),
          .request_id = error.child_value("RequestId"),
          .region = error.child_value("Region"),
          .storage_class = error.child_value("StorageClass")};
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
  const Meaning meaning = MeaningOf(document.code, answer.http_status);
  const std::string region = RegionIn(answer, document);
  std::string text = operation.what + ": ";
  // AWS sends its region with other failures too, so only a region that differs tells something.
  if (meaning.wrong_region && !region.empty() && region != operation.region) {
    text += "bucket \"" + operation.bucket + "\" is in region \"" + region + "\", not in \"" +
            operation.region + "\"; set region to \"" + region + "\"";
  } else {
    const std::string storage_class =
        document.storage_class.empty() ? "" : " in storage class " + document.storage_class;
    text += std::string(meaning.reason) + storage_class + Quote(document.message) + "; " +
            std::string(meaning.advice);
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
