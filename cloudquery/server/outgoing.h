// What leaves the process over gRPC, apart from records: texts that every client can take.
// Protobuf and Go's gRPC refuse a whole message for one byte
// that is not UTF-8, and the sync with it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "arrow/status.h"

namespace cloudquery {

inline constexpr size_t kMaxOutgoingTextBytes = 4096;

/// `text` as base::SafeForTerminal gives it (the CLI shows it), cut to kMaxOutgoingTextBytes.
std::string OutgoingText(std::string_view text);

/// The gRPC status that tells the client of a failure: its message alone as OutgoingText, nothing
/// wrapped around it. A text with many characters outside ASCII is cut sooner, since clients take
/// only so much of a status (8 KiB with gRPC's defaults) and it is sent percent-encoded.
grpc::Status ToGrpcStatus(const arrow::Status& status, grpc::StatusCode code);

}  // namespace cloudquery
