#include "base/time.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace base {
namespace {

using namespace std::chrono_literals;

TEST(Rfc3339, FractionsAreKeptToTheNanosecond) {
  const auto second = Timestamp(1714979289s);
  EXPECT_EQ(ParseRfc3339("2024-05-06T07:08:09Z"), second);
  EXPECT_EQ(ParseRfc3339("2024-05-06T07:08:09.000Z"), second);
  EXPECT_EQ(ParseRfc3339("2024-05-06T07:08:09.5Z"), second + 500ms);
  EXPECT_EQ(ParseRfc3339("2024-05-06T07:08:09.123456789Z"), second + 123456789ns);
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00Z"), Timestamp());
  EXPECT_EQ(ParseRfc3339("2024-02-29T23:59:59Z"), Timestamp(1709251199s));
}

TEST(Rfc3339, OffsetsAreTakenIntoAccount) {
  const auto utc = ParseRfc3339("2024-05-06T07:08:09.25Z");
  EXPECT_EQ(ParseRfc3339("2024-05-06T09:08:09.25+02:00"), utc);
  EXPECT_EQ(ParseRfc3339("2024-05-05T23:38:09.25-07:30"), utc);
}

TEST(Rfc3339, OtherTextIsRefused) {
  for (const char* text : {"",
                           "yesterday",
                           "1715000000",
                           "2024-05-06",
                           "2024-05-06T07:08:09",
                           "2024-05-06 07:08:09Z",
                           "2024-13-06T07:08:09Z",
                           "2023-02-29T07:08:09Z",
                           "2024-05-06T24:08:09Z",
                           "2024-05-06T07:60:09Z",
                           "2024-05-06T07:08:09.Z",
                           "2024-05-06T07:08:09.1234567890Z",
                           "2024-05-06T07:08:09Z ",
                           "9999-05-06T07:08:09Z",
                           "+024-05-06T07:08:09Z",
                           "2024-05-06T07:08:09+2:00",
                           "2024-05-06T07:08:09+24:00",
                           "2024-05-06T07:08:09+02:60",
                           "2024-05-06T07:08:09+02:00Z",
                           "2024-05-06T07:08:09+0200"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

TEST(Rfc3339, IsWrittenInUtcWithNineDigits) {
  const auto written = [](const char* text) { return FormatRfc3339(*ParseRfc3339(text)); };
  EXPECT_EQ(written("2024-05-06T07:08:09.123456789Z"), "2024-05-06T07:08:09.123456789Z");
  EXPECT_EQ(written("2024-05-06T07:08:09+01:00"), "2024-05-06T06:08:09.000000000Z");
  EXPECT_EQ(written("1969-12-31T23:59:59.5Z"), "1969-12-31T23:59:59.500000000Z");
}

TEST(Duration, ReadsWhatGoReads) {
  EXPECT_EQ(*ParseDuration("24h"), 24h);
  EXPECT_EQ(*ParseDuration("1h30m5s"), 1h + 30min + 5s);
  EXPECT_EQ(*ParseDuration("1.5h"), 90min);
  EXPECT_EQ(*ParseDuration("0"), 0s);
  EXPECT_EQ(*ParseDuration("0s"), 0s);
  EXPECT_EQ(*ParseDuration("3ms4us5ns"), 3ms + 4us + 5ns);
  EXPECT_EQ(*ParseDuration("7µs"), 7us);
  EXPECT_GT(*ParseDuration("99999999999999999999h"), 24h * 36500);
  for (const char* text : {"", "1", "h", "1d", "-1h", "1h ", "1.h", ".5h", "1..5h", "1h5"}) {
    EXPECT_THAT(ParseDuration(text), IsError(ErrorKind::kConfig)) << text;
  }
}

}  // namespace
}  // namespace base
