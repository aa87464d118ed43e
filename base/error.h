// Error kinds. All rooms report failures as arrow::Status or arrow::Result; a failure that callers
// may have to handle carries an ErrorInfo. Decisions look at the kind, never at the text.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "arrow/status.h"

namespace base {

enum class ErrorKind {
  kConfig,       // the user's configuration is wrong
  kAccess,       // credentials missing, invalid or not sufficient
  kNotFound,     // bucket or object does not exist
  kChanged,      // the object has changed since it was listed
  kThrottled,    // the service asked for fewer requests
  kTransport,    // no response, an invalid response, or a server-side failure
  kCorrupt,      // the content is damaged or not of its format
  kUnsupported,  // valid, but not supported by this program
  kArchived,     // the object must be restored from an archive before it can be read
  kLimit,        // a size limit of this program or of the protocol
  kCancelled,    // the caller requested a stop
  kOther,        // an arrow::Status without detail
};

/// The lower-case name of a kind, as logs show it: "not_found".
std::string_view ErrorKindName(ErrorKind kind);

/// What a failure is, in addition to its text.
struct ErrorInfo {
  ErrorKind kind = ErrorKind::kOther;
  /// True if the same request may succeed later without any change.
  bool retryable = false;
  /// Key of the object concerned; empty if there is none.
  std::string key;
  /// Error code of the service, e.g. "NoSuchBucket"; empty if there is none.
  std::string code;
};

/// A status that carries `info` and shows only `message`.
[[nodiscard]] arrow::Status MakeError(ErrorInfo info, std::string message);
[[nodiscard]] arrow::Status MakeError(ErrorKind kind, std::string message);
[[nodiscard]] arrow::Status Cancelled();

/// The info of a failed status; kOther if it carries none. Arrow's own Cancelled code counts as
/// kCancelled.
ErrorInfo InfoOf(const arrow::Status& status);
inline ErrorKind KindOf(const arrow::Status& status) { return InfoOf(status).kind; }

/// The text of a status without Arrow's code prefix.
std::string MessageOf(const arrow::Status& status);

}  // namespace base
