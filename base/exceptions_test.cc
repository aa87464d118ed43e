#include "base/exceptions.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "arrow/result.h"
#include "base/testing.h"

namespace base {
namespace {

TEST(CatchExceptions, WhatIsThrownBecomesAStatusOrAResult) {
  const arrow::Status status = CatchExceptions([]() -> arrow::Status { throw std::bad_alloc(); });
  EXPECT_THAT(status, IsError(ErrorKind::kLimit));
  const arrow::Result<int> result =
      CatchExceptions([]() -> arrow::Result<int> { throw std::runtime_error("odd"); });
  EXPECT_THAT(result, IsError(ErrorKind::kOther));
  EXPECT_EQ(*CatchExceptions([]() -> arrow::Result<int> { return 7; }), 7);
}

}  // namespace
}  // namespace base
