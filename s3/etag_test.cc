#include "s3/etag.h"

#include <gtest/gtest.h>

namespace s3 {
namespace {

TEST(QuotedETag, AddsQuotesOnlyWhereThereAreNone) {
  EXPECT_EQ(QuotedETag("abc-2"), "\"abc-2\"");
  EXPECT_EQ(QuotedETag("\"abc\""), "\"abc\"");
  EXPECT_EQ(QuotedETag("W/\"abc\""), "W/\"abc\"");
  EXPECT_EQ(QuotedETag(""), "");
}

TEST(StrongETag, DropsTheMarkOfAWeakOne) {
  EXPECT_EQ(StrongETag("W/\"abc\""), "\"abc\"");
  EXPECT_EQ(StrongETag("\"abc\""), "\"abc\"");
  EXPECT_EQ(StrongETag("abc"), "\"abc\"");
}

TEST(SameETag, ComparesWhatIsBetweenTheQuotes) {
  for (const char* written : {"abc", "\"abc\"", "W/\"abc\""}) {
    EXPECT_TRUE(SameETag("\"abc\"", written)) << written;
    EXPECT_FALSE(SameETag("\"abd\"", written)) << written;
  }
  EXPECT_FALSE(SameETag("\"abc\"", "\"ABC\""));
}

}  // namespace
}  // namespace s3
