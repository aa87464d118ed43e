#include "base/error.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace base {
namespace {

TEST(Error, KeepsKindKeyAndCodeBesideItsText) {
  const auto status = MakeError(
      {.kind = ErrorKind::kNotFound, .retryable = false, .key = "a/b.parquet", .code = "NoSuchKey"},
      "object a/b.parquet does not exist");
  EXPECT_THAT(status, IsError(ErrorKind::kNotFound));
  EXPECT_THAT(status, HasMessage("object a/b.parquet does not exist"));
  EXPECT_EQ(InfoOf(status).key, "a/b.parquet");
  EXPECT_EQ(InfoOf(status).code, "NoSuchKey");
}

TEST(Error, AStatusWithoutDetailIsOfKindOther) {
  EXPECT_EQ(KindOf(arrow::Status::Invalid("x")), ErrorKind::kOther);
}

TEST(Error, ArrowsOwnCancellationCountsAsCancelled) {
  EXPECT_EQ(KindOf(arrow::Status::Cancelled("x")), ErrorKind::kCancelled);
}

}  // namespace
}  // namespace base
