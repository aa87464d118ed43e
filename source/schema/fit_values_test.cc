#include "source/schema/fit_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "arrow/array.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/json/from_string.h"
#include "base/testing.h"
#include "cloudquery/types/described_columns.h"
#include "source/schema/column_types.h"

namespace source {
namespace {

using arrow::field;
using arrow::TimeUnit;
using base::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = std::shared_ptr<arrow::DataType>;
using Rows = std::vector<int64_t>;

std::shared_ptr<arrow::Array> Json(const Type& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

FittedValues Fit(const std::shared_ptr<arrow::Array>& array, const arrow::Field& from,
                 const std::string& type) {
  cloudquery::ConvertStats stats;
  auto fitted = FitValues(array, from, *FindColumnType(type),
                          {.pool = arrow::default_memory_pool(), .stats = &stats});
  EXPECT_THAT(fitted, IsOk());
  EXPECT_THAT(fitted->values->ValidateFull(), IsOk());
  return *std::move(fitted);
}

// As a whole and as every slice to its end.
void Expect(const Type& from, const std::string& json, const std::string& type,
            const std::string& expected, const Rows& misfits = {}) {
  SCOPED_TRACE(from->ToString() + " as " + type);
  const auto values = Json(from, json);
  const auto wanted = Json(FindColumnType(type)->type(), expected);
  for (int64_t offset = 0; offset <= values->length(); ++offset) {
    const auto fitted = Fit(values->Slice(offset), *field("", from), type);
    EXPECT_TRUE(fitted.values->Equals(*wanted->Slice(offset))) << fitted.values->ToString();
    Rows rest;
    for (const int64_t row : misfits) {
      if (row >= offset) rest.push_back(row - offset);
    }
    EXPECT_EQ(fitted.misfits, rest);
  }
}

TEST(FitValues, OfTextFitWhatTheySay) {
  Expect(arrow::utf8(), R"(["17", " -5 ", "+1", "1e2", "2.00", null])", "int64",
         "[17, -5, 1, 100, 2, null]");
  Expect(arrow::utf8(), R"(["", "x", "1.5", "9223372036854775808", "0x10", "1 2", "--1"])", "int64",
         "[null, null, null, null, null, null, null]", {0, 1, 2, 3, 4, 5, 6});
  Expect(arrow::utf8(), R"(["255", "256", "-1"])", "uint8", "[255, null, null]", {1, 2});
  Expect(arrow::utf8(), R"(["true", "FALSE", "1", "0", "yes"])", "bool",
         "[true, false, true, false, null]", {4});
  Expect(arrow::utf8(), R"(["0.1", "1e3", "9007199254740992", "9007199254740993", "1e999"])",
         "double", "[0.1, 1000, 9007199254740992, null, null]", {3, 4});
  Expect(arrow::utf8(), R"(["16777216", "16777217", "0.1"])", "float", "[16777216, null, 0.1]",
         {1});
  Expect(arrow::utf8(), R"(["1.50", "1.505", "12345.6", "1e-2147483647", "0e-9"])", "decimal(6,2)",
         R"(["1.50", null, null, null, "0.00"])", {1, 2, 3});
  Expect(arrow::utf8(), R"(["2024-02-29", "2023-02-29", "2024-01-01T00:00:00Z", "2024-01-01 01"])",
         "date", "[19782, null, 19723, null]", {1, 3});
  Expect(arrow::utf8(),
         R"(["1970-01-01T00:00:01Z", "1970-01-01 00:00:01.5", "1970-01-01T01:00:00+01:00",
             "1970-01-02", "1970-01-01T00:00:00.000001000Z", "1970-01-01T00:00:00.0000001Z", "1"])",
         "timestamp", "[1000000, 1500000, 0, 86400000000, 1, null, null]", {5, 6});
  Expect(arrow::utf8(), R"(["9999-12-31", "2262-04-11"])", "timestamp(ns)",
         "[null, 9223286400000000000]", {0});
  Expect(arrow::utf8(), R"(["00:00:01", "23:59:59.999999", "24:00:00"])", "time",
         "[1000000, 86399999999, null]", {2});
  Expect(arrow::utf8(), R"(["x", ""])", "text", R"(["x", ""])");
  Expect(arrow::utf8(), R"(["x"])", "binary", R"(["x"])");
}

TEST(FitValues, OfNumbersFitWhereTheTypeHasExactlyThem) {
  Expect(arrow::int64(), "[1, -128, 128, null]", "int8", "[1, -128, null, null]", {2});
  Expect(arrow::int64(), "[9007199254740992, 9007199254740993]", "double",
         "[9007199254740992, null]", {1});
  Expect(arrow::float64(), "[3, 3.5, 1e30, null]", "int64", "[3, null, null, null]", {1, 2});
  Expect(arrow::float64(), "[10.25, 0.30000000000000004, 2.345, 1e20]", "decimal(18,2)",
         R"(["10.25", "0.30", null, null])", {2, 3});
  Expect(arrow::float32(), "[10.1, 2.25]", "decimal(9,1)", R"(["10.1", null])", {1});
  Expect(arrow::int64(), "[7, 1000]", "decimal(4,2)", R"(["7.00", null])", {1});
  Expect(arrow::decimal128(6, 3), R"(["1.500", "1.505", "123.000"])", "decimal(4,2)",
         R"(["1.50", null, null])", {1, 2});
  Expect(arrow::decimal128(6, 3), R"(["2.000", "2.500"])", "int8", "[2, null]", {1});
  Expect(arrow::decimal128(6, 3), R"(["2.500"])", "double", "[2.5]");
  Expect(arrow::boolean(), "[true, false, null]", "int32", "[1, 0, null]");
  Expect(arrow::int8(), "[1, 0, 2]", "bool", "[true, false, null]", {2});
}

TEST(FitValues, OfTimesFitWhereNothingOfThemIsCutOff) {
  const auto us = arrow::timestamp(TimeUnit::MICRO), ns = arrow::timestamp(TimeUnit::NANO);
  const auto utc = arrow::timestamp(TimeUnit::MICRO, "UTC");
  Expect(ns, "[5000, 5001, null]", "local_timestamp", "[5, null, null]", {1});
  Expect(us, "[5]", "timestamp", "[5]");
  Expect(utc, "[5]", "local_timestamp", "[5]");
  Expect(us, "[9223372036854775]", "timestamp(ns)", "[9223372036854775000]");
  Expect(us, "[9223372036854776]", "timestamp(ns)", "[null]", {0});
  Expect(us, "[86400000000, 1]", "date", "[1, null]", {1});
  Expect(arrow::date32(), "[1, -1]", "timestamp", "[86400000000, -86400000000]");
  Expect(arrow::int64(), "[1]", "timestamp", "[null]", {0});
  Expect(arrow::time32(TimeUnit::MILLI), "[1]", "time", "[1000]");
}

TEST(FitValues, OfAnyTypeAreText) {
  Expect(arrow::int64(), "[-7]", "text", R"(["-7"])");
  Expect(arrow::float64(), "[1.5, 3]", "text", R"(["1.5", "3"])");
  Expect(arrow::boolean(), "[true]", "text", R"(["true"])");
  Expect(arrow::decimal128(4, 2), R"(["1.50"])", "text", R"(["1.50"])");
  Expect(arrow::date32(), "[0]", "text", R"(["1970-01-01"])");
  Expect(arrow::timestamp(TimeUnit::MILLI, "UTC"), "[0]", "text",
         R"(["1970-01-01T00:00:00.000Z"])");
  Expect(arrow::list(arrow::utf8()), R"([["a\"", null], null])", "text",
         R"(["[\"a\\\"\",null]", null])");
  Expect(arrow::struct_({field("a", arrow::int8())}), R"([{"a": 1}])", "text", R"(["{\"a\":1}"])");
  Expect(arrow::list(arrow::int8()), "[[1]]", "int8", "[null]", {0});
  const auto bytes = Json(arrow::binary(), R"(["ok", "xy"])");
  EXPECT_THAT(Fit(bytes, *field("", arrow::binary()), "text").misfits, IsEmpty());
  arrow::BinaryBuilder builder;
  ASSERT_THAT(builder.Append("\xFF"), IsOk());
  EXPECT_THAT(Fit(*builder.Finish(), *field("", arrow::binary()), "text").misfits, ElementsAre(0));
}

TEST(FitValues, OfTextAreJsonOnlyIfTheyAre) {
  const auto texts = Json(arrow::utf8(), R"(["{\"a\": 1}", "x", "\"x\"", null, ""])");
  const auto fitted = Fit(texts, *field("", arrow::utf8()), "json");
  EXPECT_TRUE(fitted.values->Equals(
      *Json(arrow::binary(), R"(["{\"a\": 1}", null, "\"x\"", null, null])")));
  EXPECT_THAT(fitted.misfits, ElementsAre(1, 4));
  const auto lists = Json(arrow::list(arrow::int8()), "[[1, 2], null]");
  EXPECT_TRUE(Fit(lists, *field("", lists->type()), "json")
                  .values->Equals(*Json(arrow::binary(), R"(["[1,2]", null])")));
}

TEST(FitValues, AreUuidsAsTextOrAsBytes) {
  const auto texts = Json(arrow::utf8(), R"(["00000000-0000-0000-0000-0000000000ff",
                                             "000000000000000000000000000000ff", "sixteen letters!",
                                             null])");
  const auto fitted = Fit(texts, *field("", arrow::utf8()), "uuid");
  EXPECT_THAT(fitted.misfits, ElementsAre(2));
  const auto bytes = fitted.values->Slice(0, 2);
  EXPECT_THAT(Fit(bytes, *cloudquery::UuidField(""), "text").misfits, IsEmpty());
  EXPECT_TRUE(Fit(bytes, *field("", arrow::fixed_size_binary(16)), "uuid").values->Equals(*bytes));
}

TEST(FitValues, OfANullTypedColumnAreNull) {
  const auto described =
      cloudquery::DescribeColumns(*arrow::schema({field("c", arrow::null())}), {});
  const auto fitted = Fit(Json(arrow::utf8(), "[null, null]"), *described->field(0), "int64");
  EXPECT_TRUE(fitted.values->Equals(*Json(arrow::int64(), "[null, null]")));
  EXPECT_THAT(fitted.misfits, IsEmpty());
}

// Whatever way a number takes, it comes back as the same text, or it does not fit.
TEST(FitValues, NeverChangeANumber) {
  std::mt19937_64 random(7);
  arrow::Int64Builder builder;
  for (int i = 0; i < 2000; ++i) {
    const int bits = static_cast<int>(random() % 64);
    ASSERT_THAT(builder.Append(static_cast<int64_t>(random()) >> bits), IsOk());
  }
  const auto numbers = *builder.Finish();
  const auto texts = Fit(numbers, *field("", arrow::int64()), "text").values;
  for (const char* type : {"int8", "int16", "int32", "int64", "uint8", "uint32", "uint64", "double",
                           "float", "decimal(19,0)", "decimal(6,2)", "decimal(60,30)"}) {
    SCOPED_TRACE(type);
    const auto direct = Fit(numbers, *field("", arrow::int64()), type);
    const auto by_text = Fit(texts, *field("", arrow::utf8()), type);
    EXPECT_TRUE(direct.values->Equals(*by_text.values));
    EXPECT_EQ(direct.misfits, by_text.misfits);
    const auto back = Fit(direct.values, *field("", direct.values->type()), "int64");
    EXPECT_THAT(back.misfits, IsEmpty());
    size_t misfits = 0;
    for (int64_t i = 0; i < numbers->length(); ++i) {
      misfits += back.values->IsNull(i);
      EXPECT_TRUE(back.values->IsNull(i) || back.values->RangeEquals(numbers, i, i + 1, i));
    }
    EXPECT_EQ(misfits, direct.misfits.size());
  }
}

}  // namespace
}  // namespace source
