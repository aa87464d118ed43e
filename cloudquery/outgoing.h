// What leaves the process over gRPC, apart from records: texts that every client can take, and a
// status even where something throws. Protobuf and Go's gRPC refuse a whole message for one byte
// that is not UTF-8, and the sync with it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "arrow/status.h"

namespace cloudquery {

inline constexpr size_t kMaxOutgoingTextBytes = 4096;

/// `text` as base::SafeForTerminal gives it (the CLI shows it), cut to kMaxOutgoingTextBytes.
std::string OutgoingText(std::string_view text);

/// The gRPC status that tells the client of a failure: its message alone as OutgoingText, nothing
/// wrapped around it. A text with many characters outside ASCII is cut sooner, since clients take
/// only so much of a status (8 KiB with gRPC's defaults) and it is sent percent-encoded.
grpc::Status ToGrpcStatus(const arrow::Status& status, grpc::StatusCode code);

/// The failure that an exception means; to be called while it is handled. kLimit for one of memory.
/// Texts of nlohmann's exceptions are left out: they may quote what was parsed, and so secrets.
[[nodiscard]] arrow::Status StatusOfException();

/// What `body` returns, an arrow::Status or arrow::Result, or StatusOfException() if it throws.
template <typename Body>
[[nodiscard]] std::invoke_result_t<Body> CatchExceptions(Body&& body) {
  try {
    return body();
  } catch (...) {
    return StatusOfException();
  }
}

}  // namespace cloudquery
