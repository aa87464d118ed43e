// Turns exceptions of libraries and allocations into statuses.
#pragma once

#include <type_traits>

#include "arrow/status.h"

namespace base {

/// The status for the exception that is being handled. kLimit for std::bad_alloc. The texts of
/// nlohmann's exceptions are not used: they may contain what was parsed, and so secrets.
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
