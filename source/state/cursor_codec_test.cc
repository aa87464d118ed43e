#include "source/state/cursor_codec.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace source {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using namespace std::chrono_literals;

TEST(CursorTime, TextThatIsNotATimeIsCorrupt) {
  EXPECT_THAT(ParseTime("2024-05-06T09:08:09.123456789+02:00"), IsOk());
  EXPECT_THAT(ParseTime("yesterday"), IsError(ErrorKind::kCorrupt));
}

CursorRecord Sample() {
  const s3::Timestamp time = *ParseTime("2024-05-06T07:08:09.123456789Z");
  return {
      .shard = {.num = 2, .total = 4},
      .plain = time,
      .coverages = {
          {.prefix = "",
           .cursor = time,
           .low_watermark = time - 24h,
           .known = {1, 0x0123456789abcdef, ~uint64_t{0}},
           .undelivered = {{.key = "a \"b\"/ü.parquet",
                            .object = 0xfedcba9876543210,
                            .reason = "corrupt",
                            .attempts = 2,
                            .conditions = "v1.0.0"},
                           {.key = "b \xff not UTF-8.parquet", .object = 7, .reason = "archived"}}},
          {.prefix = "x/", .membership = "0f", .cursor = time, .low_watermark = time}}};
}

TEST(Record, ComesBackAsItWas) {
  const auto record = ParseRecord(FormatRecord(Sample()));
  ASSERT_THAT(record, IsOk());
  EXPECT_EQ(record->shard.num, 2);
  EXPECT_EQ(record->shard.total, 4);
  EXPECT_EQ(record->plain, Sample().plain);
  EXPECT_EQ(record->coverages, Sample().coverages);
  EXPECT_FALSE(ParseRecord(FormatRecord(CursorRecord{}))->plain.has_value());
}

TEST(Record, AHundredThousandKnownObjectsTakeAboutAMegabyte) {
  CursorRecord record{.coverages = {{}}};
  for (uint64_t i = 0; i < 100'000; ++i) record.coverages[0].known.push_back(i << 40);
  EXPECT_LT(FormatRecord(record).size(), size_t{1'100'000});
}

TEST(Record, AnotherVersionAndEveryDamageAreErrors) {
  EXPECT_THAT(ParseRecord(R"({"version": 2})"), IsError(ErrorKind::kUnsupported));
  const std::string text = FormatRecord(Sample());
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_THAT(ParseRecord(text.substr(0, length)), IsError(ErrorKind::kCorrupt)) << length;
  }
  for (const char* wrong :
       {"null", "[]", "1", R"({"version": 1})", R"({"version": 1, "shard": "x", "coverage": []})",
        R"({"version": 1, "shard": "0/1", "coverage": []})",
        R"({"version": 1, "shard": "1/1", "coverage": [{"prefix": 1}]})"}) {
    EXPECT_THAT(ParseRecord(wrong), IsError(ErrorKind::kCorrupt)) << wrong;
  }
}

}  // namespace
}  // namespace source
