#include "cloudquery/server/outgoing.h"

#include "base/error.h"
#include "base/text.h"

namespace cloudquery {
namespace {

// Below the 8 KiB that gRPC's clients take, with room for the other trailers.
constexpr size_t kMaxEncodedBytes = 7 * 1024;

// gRPC writes three bytes for each byte outside printable ASCII and for each percent sign.
size_t PercentEncodedBytes(std::string_view text) {
  size_t bytes = 0;
  for (const char c : text) bytes += c < 0x20 || c > 0x7E || c == '%' ? 3 : 1;
  return bytes;
}

std::string StatusText(std::string_view text) {
  std::string outgoing = OutgoingText(text);
  while (PercentEncodedBytes(outgoing) > kMaxEncodedBytes) {
    const size_t excess = PercentEncodedBytes(outgoing) - kMaxEncodedBytes;
    outgoing = base::Shortened(outgoing, outgoing.size() - (excess + 2) / 3);
  }
  return outgoing;
}

}  // namespace

std::string OutgoingText(std::string_view text) {
  return base::Shortened(base::SafeForTerminal(text), kMaxOutgoingTextBytes);
}

grpc::Status ToGrpcStatus(const arrow::Status& status, grpc::StatusCode code) {
  if (status.ok()) return grpc::Status::OK;
  if (base::KindOf(status) == base::ErrorKind::kCancelled) code = grpc::StatusCode::CANCELLED;
  return grpc::Status(code, StatusText(base::MessageOf(status)));
}

}  // namespace cloudquery
