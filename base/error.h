// Error kinds. Every room reports failures as arrow::Status / arrow::Result; a failure that
// somebody may have to decide about carries an ErrorDetail. Decisions look at the kind, never at
// the text.
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
  kChanged,      // the object is no longer the one that was listed
  kThrottled,    // the service asked for fewer requests
  kTransport,    // no answer, a broken answer, or a server-side failure
  kCorrupt,      // the content is not what it claims to be
  kUnsupported,  // valid, but outside what this program reads
  kArchived,     // the object must be restored from an archive before it can be read
  kLimit,        // a size limit of this program or of the protocol
  kCancelled,    // the caller gave up
  kOther,        // an arrow::Status without detail
};

/// The lower-case name of a kind, as logs show it: "not_found".
std::string_view ErrorKindName(ErrorKind kind);

/// What a failure is, beside its text.
struct ErrorInfo {
  ErrorKind kind = ErrorKind::kOther;
  /// True when the same request may succeed later without anybody changing anything.
  bool retryable = false;
  /// Key of the object concerned; empty when there is none.
  std::string key;
  /// Error code of the service, e.g. "NoSuchBucket"; empty when there is none.
  std::string code;
};

/// A status that carries `info` and shows `message` alone.
[[nodiscard]] arrow::Status MakeError(ErrorInfo info, std::string message);
[[nodiscard]] arrow::Status MakeError(ErrorKind kind, std::string message);
[[nodiscard]] arrow::Status Cancelled();

/// The info of a failed status; kOther when it carries none. Arrow's own Cancelled code counts as
/// kCancelled.
ErrorInfo InfoOf(const arrow::Status& status);
inline ErrorKind KindOf(const arrow::Status& status) { return InfoOf(status).kind; }

/// The text of a status without Arrow's code prefix.
std::string MessageOf(const arrow::Status& status);

}  // namespace base
