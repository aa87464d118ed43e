#include "cloudquery/server/outgoing.h"

#include <gtest/gtest.h>

#include "arrow/result.h"
#include "base/error.h"
#include "base/testing.h"
#include "base/utf8.h"

namespace cloudquery {
namespace {

std::string Repeated(const std::string& text, size_t bytes) {
  std::string repeated;
  while (repeated.size() < bytes) repeated += text;
  return repeated;
}

std::string MessageFor(const std::string& message) {
  return ToGrpcStatus(base::MakeError(base::ErrorKind::kAccess, message), grpc::StatusCode::UNKNOWN)
      .error_message();
}

TEST(Outgoing, AStatusIsItsMessageAlone) {
  EXPECT_EQ(MessageFor("the bucket does not exist"), "the bucket does not exist");
  EXPECT_TRUE(ToGrpcStatus(arrow::Status::OK(), grpc::StatusCode::UNKNOWN).ok());
  EXPECT_EQ(ToGrpcStatus(base::Cancelled(), grpc::StatusCode::UNKNOWN).error_code(),
            grpc::StatusCode::CANCELLED);
}

TEST(Outgoing, ALongStatusIsCutAtACharacter) {
  for (const std::string character : {"x", "\xff", "\x1b", "\u00e9", "\u65e5", "\U0001F600"}) {
    for (size_t lead = 0; lead < 4; ++lead) {
      const std::string message = MessageFor(std::string(lead, 'a') + Repeated(character, 5000));
      EXPECT_LE(message.size(), kMaxOutgoingTextBytes);
      EXPECT_TRUE(base::IsValidUtf8(message));
      EXPECT_TRUE(message.ends_with("...")) << message;
    }
  }
  EXPECT_EQ(MessageFor(std::string(5000, 'x')).size(), kMaxOutgoingTextBytes);
  EXPECT_EQ(MessageFor(std::string(4096, 'x')), std::string(4096, 'x'));
}

// gRPC's clients take 8 KiB of metadata, in which each byte outside ASCII takes three.
TEST(Outgoing, AStatusFitsTheMetadataThatClientsTake) {
  for (const std::string character : {"%", "\u00e9", "\u65e5", "\xff"}) {
    const std::string message = MessageFor(Repeated(character, 5000));
    EXPECT_LE(3 * message.size(), 7 * 1024 + 9);
    EXPECT_GE(3 * message.size(), 7 * 1024 - 21);
  }
}

TEST(Outgoing, ATextOfAMessageIsCutAtACharacter) {
  const std::string text = OutgoingText(Repeated("\u65e5", 5000));
  EXPECT_LE(text.size(), kMaxOutgoingTextBytes);
  EXPECT_GT(text.size(), kMaxOutgoingTextBytes - 3);
  EXPECT_TRUE(base::IsValidUtf8(text));
}

}  // namespace
}  // namespace cloudquery
