// Test matchers for arrow::Status and arrow::Result: EXPECT_THAT(status, IsOk()),
// EXPECT_THAT(result, IsError(ErrorKind::kNotFound)).
#pragma once

#include <gmock/gmock.h>

#include "arrow/result.h"
#include "base/error.h"

namespace base {

inline const arrow::Status& StatusOf(const arrow::Status& status) { return status; }
template <typename T>
const arrow::Status& StatusOf(const arrow::Result<T>& result) {
  return result.status();
}

MATCHER(IsOk, "") {
  *result_listener << "whose status is " << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

MATCHER_P(IsError, kind, std::string("is an error of kind ") + std::string(ErrorKindName(kind))) {
  const arrow::Status& status = StatusOf(arg);
  *result_listener << "whose status is " << status.ToString() << " of kind "
                   << ErrorKindName(KindOf(status));
  return !status.ok() && KindOf(status) == kind;
}

MATCHER_P(HasMessage, message, "") {
  *result_listener << "whose message is: " << MessageOf(StatusOf(arg));
  return MessageOf(StatusOf(arg)) == message;
}

}  // namespace base
