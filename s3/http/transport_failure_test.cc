#include "s3/http/transport_failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using testing::HasSubstr;

TEST(TransportFailure, IsWorthRepeatingWhenTheNetworkFails) {
  for (const CURLcode code :
       {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT,
        CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE}) {
    const arrow::Status failure = TransportFailure(code, "");
    EXPECT_THAT(failure, IsError(ErrorKind::kTransport));
    EXPECT_TRUE(base::InfoOf(failure).retryable) << code;
  }
}

TEST(TransportFailure, IsNotWorthRepeatingWhenTheProgramAsksForWhatLibcurlCannotDo) {
  for (const CURLcode code :
       {CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN, CURLE_FAILED_INIT}) {
    const arrow::Status failure = TransportFailure(code, "no such thing.\n");
    EXPECT_THAT(failure, IsError(ErrorKind::kConfig));
    EXPECT_FALSE(base::InfoOf(failure).retryable) << code;
    EXPECT_THAT(base::MessageOf(failure), HasSubstr("libcurl/"));
    EXPECT_THAT(base::MessageOf(failure), HasSubstr(": no such thing. "));
  }
}

TEST(TransportFailure, OfAProxyThatWantsAPasswordSaysWhereToWriteIt) {
  const arrow::Status failure = TunnelRefused({.url = "http://proxy:3128"}, 407);
  EXPECT_THAT(failure, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(failure), HasSubstr("Add them to the proxy's URL"));
  EXPECT_TRUE(base::InfoOf(TunnelRefused({.url = "http://proxy:3128"}, 502)).retryable);
  EXPECT_FALSE(base::InfoOf(TunnelRefused({.url = "http://proxy:3128"}, 403)).retryable);
}

}  // namespace
}  // namespace s3
