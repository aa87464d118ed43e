#include "source/read/memory_shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "base/testing.h"

namespace source {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

TEST(MemorySharesTest, TheSharesOfTheStagesStayWithinTheLimit) {
  for (const int64_t limit : {10 * kMiB, 64 * kMiB, 256 * kMiB, 4096 * kMiB}) {
    for (const int64_t decoders : {1, 2, 4}) {
      const MemoryShares shares = DivideMemory(limit, static_cast<size_t>(decoders));
      EXPECT_LE(shares.fetch_bytes + shares.layout_bytes + 3 * decoders * shares.batch_bytes, limit)
          << limit << " " << decoders;
      EXPECT_GE(shares.fetch_bytes, limit / 2);
    }
  }
}

TEST(MemorySharesTest, MoreDecodersHaveSmallerBatches) {
  EXPECT_EQ(DivideMemory(256 * kMiB, 2).batch_bytes, 8 * kMiB);
  EXPECT_LT(DivideMemory(256 * kMiB, 64).batch_bytes, kMiB);
  EXPECT_LT(DivideMemory(64 * kMiB, 2).batch_bytes, 3 * kMiB);
}

TEST(ParseByteSizeTest, ReadsWhatThePatternAllows) {
  EXPECT_EQ(ParseByteSize("64MiB").ValueOrDie(), 64 * kMiB);
  EXPECT_EQ(ParseByteSize("999999MiB").ValueOrDie(), 999'999 * kMiB);
  EXPECT_EQ(ParseByteSize("2GiB").ValueOrDie(), 2048 * kMiB);
}

TEST(ParseByteSizeTest, AgreesWithThePattern) {
  const std::regex pattern{std::string(kByteSizePattern)};
  for (const std::string text :
       {"", "9MiB", "10MiB", "010MiB", "1GiB", "0GiB", "1000GiB", "1000000MiB", "64", "64MB",
        "64mib", "64 MiB", " 64MiB", "-64MiB", "+64MiB", "6.5GiB", "99999999999999999999MiB"}) {
    EXPECT_EQ(ParseByteSize(text).ok(), std::regex_match(text, pattern)) << text;
  }
}

}  // namespace
}  // namespace source
