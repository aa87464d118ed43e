// The boundary to the Parquet library, which reports failures as exceptions, as statuses and as
// statuses wrapped in exceptions. Everything that may throw runs inside Guarded(). Thread-safe.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "arrow/result.h"
#include "arrow/status.h"

namespace formats {

/// The status for the exception that is being handled; for use in a catch block. A status that
/// travelled inside the exception comes out as it went in.
arrow::Status StatusOfCurrentException();

/// Runs `call`, which returns a Status or a Result, and turns whatever it throws into a status.
template <typename Call>
auto Guarded(Call&& call) -> std::invoke_result_t<Call> {
  try {
    return std::forward<Call>(call)();
  } catch (...) {
    return StatusOfCurrentException();
  }
}

/// Gives a failure of the Parquet library its kind and a message of one line, "<where>: <what>".
/// A status that has a kind already comes from below the library (the file that is read) and passes
/// unchanged. Otherwise kUnsupported for what the library does not implement, kLimit for want of
/// memory, kCorrupt for the rest. OK stays OK.
arrow::Status Classified(const arrow::Status& status, std::string_view where);

}  // namespace formats
