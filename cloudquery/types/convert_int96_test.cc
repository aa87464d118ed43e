#include <chrono>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "arrow/builder.h"
#include "arrow/util/checked_cast.h"
#include "base/int96_type.h"
#include "cloudquery/testing/convert_testing.h"

namespace cloudquery {
namespace {

constexpr int64_t kNanosPerDay = 86'400'000'000'000;
constexpr int64_t kJulianDayOf1970 = 2'440'588;
constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();

struct Stored {
  int64_t nanos = 0;
  int32_t julian_day = 0;
};

ArrayPtr Int96(const std::vector<Stored>& values) {
  arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(base::kInt96Bytes));
  for (const Stored& value : values) {
    uint8_t bytes[base::kInt96Bytes];
    std::memcpy(bytes, &value.nanos, 8);
    std::memcpy(bytes + 8, &value.julian_day, 4);
    EXPECT_TRUE(builder.Append(bytes).ok());
  }
  EXPECT_TRUE(builder.AppendNull().ok());
  auto data = builder.Finish().ValueOrDie()->data()->Copy();
  data->type = std::make_shared<base::Int96Type>();
  return arrow::MakeArray(data);
}

// The microseconds of one value; none when it is null.
std::optional<int64_t> MicrosOf(const Stored& value, int64_t expected_misfits = 0) {
  ConvertStats stats;
  const auto converted = Convert(Int96({value}), &stats).ValueOrDie();
  EXPECT_TRUE(converted->type()->Equals(arrow::timestamp(arrow::TimeUnit::MICRO)));
  EXPECT_EQ(stats.out_of_range_values, expected_misfits);
  EXPECT_TRUE(converted->IsNull(1));
  if (converted->IsNull(0)) return std::nullopt;
  return arrow::internal::checked_cast<const arrow::TimestampArray&>(*converted).Value(0);
}

int32_t JulianDay(int year, unsigned month, unsigned day) {
  const std::chrono::sys_days date =
      std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day);
  return static_cast<int32_t>(date.time_since_epoch().count() + kJulianDayOf1970);
}

TEST(Int96, IsRoundedDownToMicrosecondsInEveryYearFrom1To9999) {
  const std::vector<int64_t> nanos = {0,       1,           999,           1000,
                                      123'456, 999'999'999, 1'000'000'001, kNanosPerDay - 1};
  std::vector<Stored> values;
  arrow::TimestampBuilder expected(arrow::timestamp(arrow::TimeUnit::MICRO),
                                   arrow::default_memory_pool());
  for (int year = 1; year <= 9999; ++year) {
    for (const auto& [month, day] : {std::pair{1U, 1U}, {2U, 28U}, {12U, 31U}}) {
      const int32_t julian_day = JulianDay(year, month, day);
      for (const int64_t of_day : nanos) {
        values.push_back({of_day, julian_day});
        ASSERT_TRUE(
            expected.Append((julian_day - kJulianDayOf1970) * (kNanosPerDay / 1000) + of_day / 1000)
                .ok());
      }
    }
  }
  ASSERT_TRUE(expected.AppendNull().ok());
  ConvertStats stats;
  ExpectEqual(*Convert(Int96(values), &stats).ValueOrDie(), *expected.Finish().ValueOrDie());
  EXPECT_EQ(stats, ConvertStats{});
}

TEST(Int96, KnownInstantsComeOutAsTheyAre) {
  EXPECT_EQ(MicrosOf({0, 2'440'588}), 0);
  EXPECT_EQ(MicrosOf({kNanosPerDay - 1, 2'440'587}), -1);
  EXPECT_EQ(MicrosOf({0, 1'721'426}), -62'135'596'800'000'000);                  // 0001-01-01
  EXPECT_EQ(MicrosOf({7'200'000'000'000, 5'373'484}), 253'402'221'600'000'000);  // 9999-12-31 02:00
}

TEST(Int96, NanosecondsBeyondTheDayAreAdded) {
  EXPECT_EQ(MicrosOf({-1, 2'440'588}), -1);
  EXPECT_EQ(MicrosOf({-1000, 2'440'588}), -1);
  EXPECT_EQ(MicrosOf({-1001, 2'440'588}), -2);
  EXPECT_EQ(MicrosOf({kNanosPerDay, 2'440'588}), kNanosPerDay / 1000);
  EXPECT_EQ(MicrosOf({kLargest, 2'440'588}), kLargest / 1000);
  EXPECT_EQ(MicrosOf({-kLargest - 1, 2'440'588}), -9'223'372'036'854'776);
}

TEST(Int96, WhatMicrosecondsCannotHoldIsNullAndCounted) {
  constexpr int32_t kLastDay = 2'440'588 + 106'751'991;
  EXPECT_EQ(MicrosOf({14'454'775'807'000, kLastDay}), kLargest);
  EXPECT_EQ(MicrosOf({14'454'775'808'000, kLastDay}, 1), std::nullopt);
  EXPECT_EQ(MicrosOf({0, kLastDay + 1}, 1), std::nullopt);
  EXPECT_EQ(MicrosOf({0, std::numeric_limits<int32_t>::max()}, 1), std::nullopt);
  EXPECT_EQ(MicrosOf({0, std::numeric_limits<int32_t>::min()}, 1), std::nullopt);
  EXPECT_EQ(MicrosOf({kLargest, std::numeric_limits<int32_t>::max()}, 1), std::nullopt);
}

TEST(Int96, IsConvertedInsideListsStructsAndMaps) {
  const auto values = Int96({{1000, 2'440'588}});
  const auto type = values->type();
  const auto micros = FromJson(arrow::timestamp(arrow::TimeUnit::MICRO), "[1, null]");
  const auto offsets = FromJson(arrow::int32(), "[0, 2]");
  const auto keys = FromJson(arrow::utf8(), R"(["a", "b"])");
  ExpectEqual(*Convert(arrow::ListArray::FromArrays(*offsets, *values).ValueOrDie()).ValueOrDie(),
              *arrow::ListArray::FromArrays(*offsets, *micros).ValueOrDie());
  ExpectEqual(
      *Convert(arrow::StructArray::Make({values}, {std::string("at")}).ValueOrDie()).ValueOrDie(),
      *arrow::StructArray::Make({micros}, {std::string("at")}).ValueOrDie());
  const auto map = Convert(arrow::MapArray::FromArrays(offsets, keys, values).ValueOrDie());
  ExpectEqual(*arrow::internal::checked_cast<const arrow::MapArray&>(**map).items(), *micros);
}

TEST(Int96, EachPartOfAnArrayConvertsAlike) {
  ExpectConverts(Int96({{0, 2'440'588}, {5000, 2'440'588}, {0, 1 << 30}}),
                 FromJson(arrow::timestamp(arrow::TimeUnit::MICRO), "[0, 5, null, null]"));
}

TEST(Int96, BytesOfTheSameLengthAreNone) {
  EXPECT_EQ(RuleFor(*arrow::field("x", arrow::fixed_size_binary(12)), {}).conversion,
            Conversion::kKeep);
}

}  // namespace
}  // namespace cloudquery
