#include "s3/transport_failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using testing::HasSubstr;

TEST(FailureOf, AFaultOfThisProgramIsNotRetried) {
  for (const CURLcode code :
       {CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN}) {
    const auto failure = FailureOf(code, "");
    EXPECT_THAT(failure, IsError(ErrorKind::kTransport));
    EXPECT_FALSE(base::InfoOf(failure).retryable);
    EXPECT_THAT(base::MessageOf(failure), HasSubstr("report it"));
  }
}

TEST(FailureOf, ANameThatIsNotResolvedMayBeLaterAndSaysWhatToCheck) {
  const auto failure = FailureOf(CURLE_COULDNT_RESOLVE_HOST, "Could not resolve host: b.example");
  EXPECT_TRUE(base::InfoOf(failure).retryable);
  EXPECT_THAT(base::MessageOf(failure), HasSubstr("b.example; check the endpoint, the region"));
  EXPECT_THAT(base::MessageOf(failure), HasSubstr("path_style"));
}

TEST(FailureOf, WhatIsNotKnownMayBeRetried) {
  EXPECT_TRUE(base::InfoOf(FailureOf(CURLE_RECV_ERROR, "")).retryable);
}

}  // namespace
}  // namespace s3
