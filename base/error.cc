#include "base/error.h"

#include <array>
#include <utility>

namespace base {
namespace {

constexpr char kTypeId[] = "base::ErrorDetail";

class ErrorDetail : public arrow::StatusDetail {
 public:
  explicit ErrorDetail(ErrorInfo info) : info_(std::move(info)) {}
  const char* type_id() const override { return kTypeId; }
  std::string ToString() const override { return std::string(ErrorKindName(info_.kind)); }
  const ErrorInfo& info() const { return info_; }

 private:
  ErrorInfo info_;
};

arrow::StatusCode CodeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kConfig:
      return arrow::StatusCode::Invalid;
    case ErrorKind::kUnsupported:
      return arrow::StatusCode::NotImplemented;
    case ErrorKind::kLimit:
      return arrow::StatusCode::CapacityError;
    case ErrorKind::kCancelled:
      return arrow::StatusCode::Cancelled;
    default:
      return arrow::StatusCode::IOError;
  }
}

}  // namespace

std::string_view ErrorKindName(ErrorKind kind) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "config",  "access",      "not_found", "changed", "throttled", "transport",
      "corrupt", "unsupported", "archived",  "limit",   "cancelled", "other"};
  return kNames[static_cast<size_t>(kind)];
}

arrow::Status MakeError(ErrorInfo info, std::string message) {
  const arrow::StatusCode code = CodeOf(info.kind);
  return arrow::Status(code, std::move(message), std::make_shared<ErrorDetail>(std::move(info)));
}

arrow::Status MakeError(ErrorKind kind, std::string message) {
  return MakeError(ErrorInfo{.kind = kind}, std::move(message));
}

arrow::Status Cancelled() { return MakeError(ErrorKind::kCancelled, "cancelled"); }

ErrorInfo InfoOf(const arrow::Status& status) {
  const auto& detail = status.detail();
  if (detail != nullptr && detail->type_id() == std::string_view(kTypeId)) {
    return static_cast<const ErrorDetail&>(*detail).info();
  }
  ErrorInfo info;
  if (status.IsCancelled()) info.kind = ErrorKind::kCancelled;
  return info;
}

std::string MessageOf(const arrow::Status& status) { return status.message(); }

}  // namespace base
