// Texts that leave the process over gRPC. Protobuf and Go's gRPC refuse a whole message, and fail
// the sync, for one byte that is not valid UTF-8.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "arrow/status.h"

namespace cloudquery {

inline constexpr size_t kMaxOutgoingTextBytes = 4096;

/// `text` as base::SafeForTerminal gives it, since the CLI shows it, cut to kMaxOutgoingTextBytes.
std::string OutgoingText(std::string_view text);

/// The gRPC status of a failure. Its text is the message of `status` alone, as OutgoingText. A text
/// with many characters outside ASCII is cut sooner: it is sent percent-encoded, and clients take
/// 8 KiB of a status by gRPC's defaults.
grpc::Status ToGrpcStatus(const arrow::Status& status, grpc::StatusCode code);

}  // namespace cloudquery
