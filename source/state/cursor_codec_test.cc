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

std::string RowOf(const CursorRecord& record, int row) {
  for (const Coverage& coverage : record.coverages) {
    for (const HashPart& part : coverage.known.parts()) {
      if (part.row == row) return FormatHashes(part.hashes);
    }
  }
  return "";
}

CursorRecord Sample();

arrow::Result<CursorRecord> Parse(const std::string& text) {
  return ParseRecord(text, [](int row) { return RowOf(Sample(), row); });
}

CursorRecord Sample() {
  const s3::Timestamp time = *ParseTime("2024-05-06T07:08:09.123456789Z");
  return {
      .shard = {.num = 2, .total = 4},
      .store = "minio:9000",
      .generation = 7,
      .plain = time,
      .coverages = {
          {.prefix = "",
           .cursor = time,
           .known = DeliveredSet({{.row = 3, .hashes = {9, 0x0123456789abcdef, ~uint64_t{0}}},
                                  {.row = 0, .hashes = {4}}}),
           .undelivered = {{.key = "a \"b\"/ü.parquet",
                            .object = 0xfedcba9876543210,
                            .reason = "corrupt",
                            .attempts = 2,
                            .conditions = "v1.0.0"},
                           {.key = "b \xff not UTF-8.parquet", .object = 7, .reason = "archived"}}},
          {.prefix = "x/", .membership = "0f", .cursor = time, .delivered_before = time}}};
}

TEST(Record, ComesBackAsItWas) {
  const auto record = Parse(FormatRecord(Sample()));
  ASSERT_THAT(record, IsOk());
  EXPECT_EQ(record->shard.num, 2);
  EXPECT_EQ(record->shard.total, 4);
  EXPECT_EQ(record->plain, Sample().plain);
  EXPECT_EQ(record->store, "minio:9000");
  EXPECT_EQ(record->generation, 7u);
  EXPECT_EQ(record->lost, 0u);
  EXPECT_EQ(record->coverages, Sample().coverages);
  EXPECT_FALSE(Parse(FormatRecord(CursorRecord{}))->plain.has_value());
}

TEST(Record, AMillionObjectsTakeLessThanElevenMillionBytesInRowsBelowAMegabyte) {
  std::vector<ObjectHash> hashes;
  for (uint64_t i = 0; i < 1'000'000; ++i) hashes.push_back(i << 40);
  DeliveredSet set;
  set.Add(hashes);
  size_t bytes = 0;
  for (const HashPart& part : set.parts()) {
    const std::string row = FormatHashes(part.hashes);
    EXPECT_LT(row.size(), size_t{1'000'000});
    bytes += row.size();
  }
  EXPECT_LT(bytes, size_t{11'000'000});
}

TEST(Record, OfARowOnlyWhatTheRecordSaysCounts) {
  const std::string text = FormatRecord(Sample());
  const auto parse = [&](std::vector<ObjectHash> row) {
    return *ParseRecord(text, [&](int number) {
      return number == 3 ? FormatHashes(row) : RowOf(Sample(), number);
    });
  };
  const ObjectHash middle = 0x0123456789abcdef;
  const auto longer = parse({9, middle, ~uint64_t{0}, 10});
  EXPECT_EQ(longer.lost, 0u);
  EXPECT_EQ(longer.coverages, Sample().coverages);
  for (const std::vector<ObjectHash>& wrong :
       {std::vector<ObjectHash>{9, middle}, {9, middle, 5}, {}}) {
    const auto record = parse(wrong);
    EXPECT_EQ(record.lost, 3u);
    EXPECT_EQ(record.coverages[0].known.size(), 1u);
    EXPECT_TRUE(record.coverages[0].known.Contains(4));
  }
}

TEST(Record, TheFormWithHashesInItIsReadToo) {
  const auto record =
      Parse(R"({"version":1,"shard":"1/1","plain":"2024-05-06T07:08:09Z","coverage":[{"prefix":"",)"
            R"("cursor":"2024-05-06T07:08:09Z","floor":"2024-05-05T07:08:09Z",)"
            R"("known":"AAAAAAAAAAEAAAAAAAAAAg==","retry":[]}]})");
  ASSERT_THAT(record, IsOk());
  EXPECT_EQ(record->store, "");
  ASSERT_EQ(record->coverages.size(), 1u);
  EXPECT_EQ(record->coverages[0].delivered_before, *ParseTime("2024-05-05T07:08:09Z"));
  EXPECT_TRUE(record->coverages[0].known.Contains(1));
  EXPECT_TRUE(record->coverages[0].known.Contains(2));
}

TEST(Record, AnotherVersionAndEveryDamageAreErrors) {
  EXPECT_THAT(Parse(R"({"version": 3})"), IsError(ErrorKind::kUnsupported));
  const std::string text = FormatRecord(Sample());
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_THAT(Parse(text.substr(0, length)), IsError(ErrorKind::kCorrupt)) << length;
  }
  for (const char* wrong :
       {"null", "[]", "1", R"({"version": 1})", R"({"version": 1, "shard": "x", "coverage": []})",
        R"({"version": 1, "shard": "0/1", "coverage": []})",
        R"({"version": 1, "shard": "1/1", "coverage": [{"prefix": 1}]})"}) {
    EXPECT_THAT(Parse(wrong), IsError(ErrorKind::kCorrupt)) << wrong;
  }
}

}  // namespace
}  // namespace source
