// The boundary between code that throws, such as libraries and allocations, and code that returns a
// status.
#pragma once

#include <type_traits>

#include "arrow/status.h"

namespace base {

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

}  // namespace base
