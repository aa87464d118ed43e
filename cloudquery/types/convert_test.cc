#include "cloudquery/types/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "arrow/array/builder_decimal.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/array/util.h"
#include "arrow/extension/bool8.h"
#include "arrow/extension/json.h"
#include "arrow/extension/uuid.h"
#include "arrow/extension_type.h"
#include "arrow/util/decimal.h"
#include "base/testing.h"
#include "cloudquery/testing/convert_testing.h"

namespace cloudquery {
namespace {

using arrow::field;
using arrow::TimeUnit;
using base::ErrorKind;
using base::IsError;
using base::IsOk;
using Type = std::shared_ptr<arrow::DataType>;

TEST(Convert, KeepsWhatNeedsNoChangeWithoutACopy) {
  const Type nested = arrow::struct_({field("l", arrow::list(arrow::utf8())),
                                      field("m", arrow::map(arrow::utf8(), arrow::int64()))});
  const ArrayPtr arrays[] = {
      FromJson(arrow::int64(), "[1, null, 3]"),
      FromJson(arrow::utf8(), R"(["a", null, "ü"])"),
      FromJson(arrow::binary(), R"(["a", null])"),
      FromJson(arrow::list(arrow::utf8()), R"([["a"], null, []])"),
      FromJson(nested, R"([{"l": ["a"], "m": [["k", 1]]}, null, {"l": null, "m": null}])"),
  };
  for (const ArrayPtr& array : arrays) {
    const auto converted = Convert(array);
    ASSERT_THAT(converted, IsOk());
    EXPECT_EQ(*converted, array) << array->type()->ToString();
  }
}

TEST(Convert, SharesTheBytesOfStringsWhoseOffsetsShrink) {
  const ArrayPtr large = FromJson(arrow::large_utf8(), R"(["skipped", "a", "bc"])")->Slice(1);
  const auto converted = Convert(large);
  ASSERT_THAT(converted, IsOk());
  ExpectEqual(**converted, *FromJson(arrow::utf8(), R"(["a", "bc"])"));
  EXPECT_EQ((*converted)->data()->buffers[2]->data(), large->data()->buffers[2]->data() + 7);
}

TEST(Convert, EveryReductionKeepsValuesAndNullsInWholesAndInSlices) {
  struct Case {
    Type from;
    std::string values;
    Type to;
    // Empty: the same.
    std::string expected = "";
  };
  const std::string texts = R"(["a", null, "", "longer than twelve bytes", "€"])";
  const std::string numbers = "[1, null, -2, 0]";
  const std::string lists = "[[1, 2], null, [], [null, 3], [4, 5]]";
  const std::string pairs = "[[1, 2], null, [3, 4], [null, 5], null]";
  const Type ints = arrow::list(arrow::int16());
  const Case cases[] = {
      {arrow::null(), "[null, null, null]", arrow::utf8()},
      {arrow::float16(), "[1.5, null, -0.25]", arrow::float32()},
      {arrow::decimal32(5, 2), R"(["1.50", null, "-999.99"])", arrow::decimal128(5, 2)},
      {arrow::decimal64(18, 0), R"(["999999999999999999", null, "-1"])", arrow::decimal128(18, 0)},
      {arrow::large_utf8(), texts, arrow::utf8()},
      {arrow::utf8_view(), texts, arrow::utf8()},
      {arrow::large_binary(), texts, arrow::binary()},
      {arrow::binary_view(), texts, arrow::binary()},
      {arrow::date64(), "[86400000, null, -86400000, 0]", arrow::date32(), "[1, null, -1, 0]"},
      {arrow::time32(TimeUnit::SECOND), "[1, null, 86399]", arrow::time32(TimeUnit::MILLI),
       "[1000, null, 86399000]"},
      {arrow::time64(TimeUnit::NANO), "[1, null, 86399999999999]", arrow::utf8(),
       R"(["00:00:00.000000001", null, "23:59:59.999999999"])"},
      {arrow::timestamp(TimeUnit::SECOND), "[1, null, -1]", arrow::timestamp(TimeUnit::MILLI),
       "[1000, null, -1000]"},
      {arrow::timestamp(TimeUnit::SECOND, "Asia/Tokyo"), "[1, null, -1]",
       arrow::timestamp(TimeUnit::MILLI, "UTC"), "[1000, null, -1000]"},
      {arrow::timestamp(TimeUnit::NANO, "+02:00"), numbers,
       arrow::timestamp(TimeUnit::NANO, "UTC")},
      {arrow::duration(TimeUnit::NANO), numbers, arrow::int64()},
      {arrow::month_interval(), numbers, arrow::int32()},
      {arrow::day_time_interval(), "[[1, 2], null, [-3, 4]]",
       arrow::struct_({field("days", arrow::int32()), field("milliseconds", arrow::int32())})},
      {arrow::month_day_nano_interval(), "[[1, 2, 3], null, [-4, 5, 6]]",
       arrow::struct_({field("months", arrow::int32()), field("days", arrow::int32()),
                       field("nanoseconds", arrow::int64())})},
      {arrow::dictionary(arrow::uint8(), arrow::utf8()), texts, arrow::utf8()},
      {arrow::dictionary(arrow::int64(), arrow::large_utf8()), texts, arrow::utf8()},
      {arrow::dictionary(arrow::int8(), arrow::int32()), numbers, arrow::int32()},
      {arrow::large_list(arrow::int16()), lists, ints},
      {arrow::list_view(arrow::int16()), lists, ints},
      {arrow::large_list_view(arrow::int16()), lists, ints},
      {arrow::fixed_size_list(arrow::int16(), 2), pairs, ints},
      {arrow::fixed_size_list(arrow::int16(), 0), "[[], null, []]", ints},
      {arrow::list(field("element", arrow::int16(), false)), "[[1, 2], null, []]", ints},
      {arrow::list(arrow::large_utf8()), R"([["a", null], null, [], ["b"]])",
       arrow::list(arrow::utf8())},
      {arrow::list_view(arrow::dictionary(arrow::int8(), arrow::utf8())),
       R"([["a", null], null, [], ["a"]])", arrow::list(arrow::utf8())},
      {arrow::struct_(
           {field("t", arrow::large_utf8()), field("d", arrow::duration(TimeUnit::NANO))}),
       R"([{"t": "a", "d": 1}, null, {"t": null, "d": null}])",
       arrow::struct_({field("t", arrow::utf8()), field("d", arrow::int64())})},
      {arrow::map(arrow::large_utf8(), arrow::float16()),
       R"([[["a", 1.5], ["b", null]], null, [], [["c", 2]]])",
       arrow::map(arrow::utf8(), arrow::float32())},
      {arrow::map(arrow::utf8(), arrow::list_view(arrow::int16())),
       "[[[\"a\", [1]]], null, [], [[\"c\", null]]]",
       arrow::map(arrow::utf8(), arrow::list(arrow::int16()))},
  };
  for (const Case& c : cases) {
    ExpectConverts(FromJson(c.from, c.values),
                   FromJson(c.to, c.expected.empty() ? c.values : c.expected));
  }
}

TEST(Convert, ListsOfListsAreWrittenAsJsonOrStayListsOfLists) {
  const ArrayPtr lists = FromJson(arrow::list(arrow::fixed_size_list(arrow::int16(), 2)),
                                  "[[[1, 2], null], null, [], [[null, 3]]]");
  ExpectConverts(lists, FromJson(arrow::binary(), R"(["[[1,2],null]", null, "[]", "[[null,3]]"])"));
  ExpectConverts(
      lists,
      FromJson(arrow::list(arrow::list(arrow::int16())), "[[[1, 2], null], null, [], [[null, 3]]]"),
      {.nested_lists = NestedLists::kList});
}

TEST(Convert, RunsAreUnrolled) {
  const auto runs =
      arrow::RunEndEncodedArray::Make(6, FromJson(arrow::int16(), "[2, 3, 6]"),
                                      FromJson(arrow::large_utf8(), R"(["a", null, "b"])"))
          .ValueOrDie();
  ExpectConverts(runs, FromJson(arrow::utf8(), R"(["a", "a", null, "b", "b", "b"])"));
}

TEST(Convert, DictionariesOfNestedValuesAndNullsInThemAreDecoded) {
  const auto type = arrow::dictionary(arrow::int8(), arrow::list(arrow::large_utf8()));
  const auto encoded =
      arrow::DictionaryArray::FromArrays(
          type, FromJson(arrow::int8(), "[1, null, 0, 2]"),
          FromJson(arrow::list(arrow::large_utf8()), R"([["a"], ["b", "c"], null])"))
          .ValueOrDie();
  ExpectConverts(encoded,
                 FromJson(arrow::list(arrow::utf8()), R"([["b", "c"], null, ["a"], null])"));
}

TEST(Convert, ADictionaryIndexOutsideOfItsDictionaryIsCorrupt) {
  const auto encoded = std::make_shared<arrow::DictionaryArray>(
      arrow::dictionary(arrow::int8(), arrow::utf8()), FromJson(arrow::int8(), "[0, 5]"),
      FromJson(arrow::utf8(), R"(["a"])"));
  EXPECT_THAT(Convert(encoded), IsError(ErrorKind::kCorrupt));
}

TEST(Convert, RunsThatEndBeforeTheLastRowAreCorrupt) {
  auto data = arrow::RunEndEncodedArray::Make(3, FromJson(arrow::int32(), "[1, 3]"),
                                              FromJson(arrow::utf8(), R"(["a", "b"])"))
                  .ValueOrDie()
                  ->data()
                  ->Copy();
  data->length = 4;
  EXPECT_THAT(Convert(arrow::MakeArray(data)), IsError(ErrorKind::kCorrupt));
}

TEST(Convert, ListViewsThatOverlapLeaveGapsOrRunBackwardsAreRebuilt) {
  const auto views =
      arrow::ListViewArray::FromArrays(*FromJson(arrow::int32(), "[3, 0, 0, 1]"),
                                       *FromJson(arrow::int32(), "[2, 2, 0, 1]"),
                                       *FromJson(arrow::int16(), "[10, 11, 12, 13, 14]"))
          .ValueOrDie();
  ExpectConverts(views, FromJson(arrow::list(arrow::int16()), "[[13, 14], [10, 11], [], [11]]"));
}

TEST(Convert, NegativeScalesGoIntoTheDigits) {
  const auto make = [](auto builder, auto one) {
    EXPECT_TRUE(builder.Append(one).ok());
    EXPECT_TRUE(builder.AppendNull().ok());
    return builder.Finish().ValueOrDie();
  };
  ExpectConverts(make(arrow::Decimal128Builder(arrow::decimal128(5, -2)), arrow::Decimal128(-12)),
                 FromJson(arrow::decimal128(7, 0), R"(["-1200", null])"));
  ExpectConverts(make(arrow::Decimal32Builder(arrow::decimal32(5, -2)), arrow::Decimal32(12)),
                 FromJson(arrow::decimal128(7, 0), R"(["1200", null])"));
  ExpectConverts(make(arrow::Decimal128Builder(arrow::decimal128(38, -3)), arrow::Decimal128(7)),
                 FromJson(arrow::decimal256(41, 0), R"(["7000", null])"));
  ExpectConverts(make(arrow::Decimal256Builder(arrow::decimal256(10, -2)), arrow::Decimal256(7)),
                 FromJson(arrow::decimal256(12, 0), R"(["700", null])"));
  ExpectConverts(make(arrow::Decimal128Builder(arrow::decimal128(38, -60)), arrow::Decimal128(7)),
                 FromJson(arrow::utf8(), R"(["7E+60", null])"));
}

TEST(Convert, ValuesThatDoNotFitBecomeNullAndAreCounted) {
  const std::string too_much = "[9223372036854775807, 1]";
  ConvertStats stats;
  auto converted = Convert(FromJson(arrow::timestamp(TimeUnit::SECOND), too_much), &stats);
  ExpectEqual(**converted, *FromJson(arrow::timestamp(TimeUnit::MILLI), "[null, 1000]"));
  converted = Convert(FromJson(arrow::date64(), too_much), &stats);
  ExpectEqual(**converted, *FromJson(arrow::date32(), "[null, 0]"));
  converted = Convert(FromJson(arrow::time32(TimeUnit::SECOND), "[2147483647, 1]"), &stats);
  ExpectEqual(**converted, *FromJson(arrow::time32(TimeUnit::MILLI), "[null, 1000]"));
  converted = Convert(FromJson(arrow::time64(TimeUnit::NANO), "[86400000000000, -1]"), &stats);
  ExpectEqual(**converted, *FromJson(arrow::utf8(), "[null, null]"));
  EXPECT_EQ(stats, ConvertStats{.out_of_range_values = 5});
}

// The array's buffers as if they were of `type`, which need not hold all of its values.
ArrayPtr Claiming(const std::shared_ptr<arrow::DataType>& type, const ArrayPtr& array) {
  auto data = array->data()->Copy();
  data->type = type;
  return arrow::MakeArray(data);
}

TEST(Convert, ValuesThatTheirOwnTypeCannotHoldBecomeNullAndAreCounted) {
  const auto expect = [](const ArrayPtr& array, const std::string& json, int64_t nulls) {
    ConvertStats stats;
    const auto converted = Convert(array, &stats);
    ExpectEqual(**converted, *FromJson(array->type(), json));
    EXPECT_EQ(stats, ConvertStats{.out_of_range_values = nulls});
  };
  const auto decimals =
      FromJson(arrow::decimal128(10, 2), R"(["1.00", "-123456.78", null, "99.99"])");
  expect(Claiming(arrow::decimal128(4, 2), decimals), R"(["1.00", null, null, "99.99"])", 1);
  expect(Claiming(arrow::decimal128(4, 2), decimals->Slice(1)), R"([null, null, "99.99"])", 1);
  expect(
      Claiming(arrow::decimal256(60, 0),
               FromJson(arrow::decimal256(70, 0), R"(["1", "1)" + std::string(65, '0') + R"("])")),
      R"(["1", null])", 1);
  expect(Claiming(arrow::time32(TimeUnit::MILLI),
                  FromJson(arrow::int32(), "[86400000, -1, 86399999]")),
         "[null, null, 86399999]", 2);
  expect(
      Claiming(arrow::time64(TimeUnit::MICRO), FromJson(arrow::int64(), "[86400000000, null, 0]")),
      "[null, null, 0]", 1);
  expect(Claiming(arrow::list(arrow::decimal128(1, 0)),
                  FromJson(arrow::list(arrow::decimal128(9, 0)), R"([["1"], null])")),
         R"([["1"], null])", 0);
}

TEST(Convert, ADate64InsideADayBelongsToThatDay) {
  ExpectConverts(FromJson(arrow::date64(), "[-1, 1, 86399999]"),
                 FromJson(arrow::date32(), "[-1, 0, 0]"));
}

TEST(Convert, ItemsOfNullListsAreLeftOut) {
  auto data = FromJson(arrow::list(arrow::int8()), "[[1], [2, 3], [4]]")->data()->Copy();
  data->buffers[0] = arrow::Buffer::FromString("\x05");
  data->null_count = 1;
  const auto converted = Convert(arrow::MakeArray(data));
  ExpectEqual(**converted, *FromJson(arrow::list(arrow::int8()), "[[1], null, [4]]"));
  EXPECT_EQ(static_cast<const arrow::ListArray&>(**converted).values()->length(), 2);
}

TEST(Convert, AMapWhoseKeyCannotBeSentFails) {
  EXPECT_THAT(
      Convert(FromJson(arrow::map(arrow::date64(), arrow::int8()), "[[[9223372036854775807, 1]]]")),
      IsError(ErrorKind::kUnsupported));
}

TEST(Convert, ArrowsExtensionTypesBecomeCloudQuerysOrTheirStorage) {
  const ArrayPtr raw = FromJson(arrow::fixed_size_binary(16), R"(["0123456789abcdef", null])");
  ExpectConverts(arrow::ExtensionType::WrapArray(arrow::extension::uuid(), raw), raw);
  ExpectConverts(arrow::ExtensionType::WrapArray(arrow::extension::bool8(),
                                                 FromJson(arrow::int8(), "[0, 1, null, -5]")),
                 FromJson(arrow::boolean(), "[false, true, null, true]"));
}

}  // namespace
}  // namespace cloudquery
