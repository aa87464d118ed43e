#include "cloudquery/types/convert_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "arrow/array/builder_primitive.h"
#include "arrow/extension/json.h"
#include "arrow/extension/uuid.h"
#include "arrow/extension_type.h"
#include "base/testing.h"
#include "cloudquery/testing/convert_testing.h"
#include "cloudquery/types/convert_json_check.h"

namespace cloudquery {
namespace {

using arrow::field;
using arrow::TimeUnit;
using base::IsOk;
using Type = std::shared_ptr<arrow::DataType>;

// What the values are in a list of lists, which is written as JSON.
std::string Written(const ArrayPtr& values) {
  const std::string offsets = "[0, " + std::to_string(values->length()) + "]";
  const ArrayPtr inner =
      arrow::ListArray::FromArrays(*FromJson(arrow::int32(), offsets), *values).ValueOrDie();
  const ArrayPtr outer =
      arrow::ListArray::FromArrays(*FromJson(arrow::int32(), "[0, 1]"), *inner).ValueOrDie();
  const auto written = Convert(outer);
  EXPECT_THAT(written, IsOk());
  EXPECT_TRUE((*written)->type()->Equals(*arrow::binary()));
  const std::string text(static_cast<const arrow::BinaryArray&>(**written).GetView(0));
  EXPECT_TRUE(IsJson(text)) << text;
  return text.substr(1, text.size() - 2);
}

TEST(ConvertJson, EveryTypeHasItsJson) {
  struct Case {
    Type type;
    std::string values;
    std::string json;
  };
  const Type point = arrow::struct_({field("x", arrow::int8()), field("Y", arrow::utf8())});
  const Case cases[] = {
      {arrow::null(), "[null]", "[null]"},
      {arrow::boolean(), "[true, null, false]", "[true,null,false]"},
      {arrow::int8(), "[-128, null, 127]", "[-128,null,127]"},
      {arrow::uint8(), "[255]", "[255]"},
      {arrow::int16(), "[-32768]", "[-32768]"},
      {arrow::uint16(), "[65535]", "[65535]"},
      {arrow::int32(), "[-2147483648]", "[-2147483648]"},
      {arrow::uint32(), "[4294967295]", "[4294967295]"},
      {arrow::int64(), "[-9223372036854775808]", "[-9223372036854775808]"},
      {arrow::uint64(), "[18446744073709551615]", "[18446744073709551615]"},
      {arrow::float16(), "[1.5, null]", "[1.5,null]"},
      {arrow::float32(), "[0.1, 1]", "[0.1,1]"},
      {arrow::float64(), "[0.1, 1e300]", "[0.1,1e+300]"},
      {arrow::decimal128(5, 2), R"(["1.50", null])", R"(["1.50",null])"},
      {arrow::decimal256(5, 2), R"(["-1.50"])", R"(["-1.50"])"},
      {arrow::utf8(), R"(["a\"\\\n\u0000\u001f€", null])", R"(["a\"\\\u000a\u0000\u001f€",null])"},
      {arrow::binary(), R"(["abc", null])", R"(["YWJj",null])"},
      {arrow::fixed_size_binary(2), R"(["ab"])", R"(["YWI="])"},
      {arrow::date32(), "[0, 19782, -719528, 2932896, null]",
       R"(["1970-01-01","2024-02-29","0000-01-01","9999-12-31",null])"},
      {arrow::date32(), "[-719529, 2932897]", "[-719529,2932897]"},
      {arrow::time32(TimeUnit::MILLI), "[86399999]", R"(["23:59:59.999"])"},
      {arrow::time64(TimeUnit::MICRO), "[1]", R"(["00:00:00.000001"])"},
      {arrow::time64(TimeUnit::NANO), "[1]", R"(["00:00:00.000000001"])"},
      {arrow::timestamp(TimeUnit::SECOND), "[1709251199]", R"(["2024-02-29T23:59:59.000"])"},
      {arrow::timestamp(TimeUnit::MILLI, "UTC"), "[-1, null]",
       R"(["1969-12-31T23:59:59.999Z",null])"},
      {arrow::timestamp(TimeUnit::MICRO, "Asia/Tokyo"), "[1]",
       R"(["1970-01-01T00:00:00.000001Z"])"},
      {arrow::timestamp(TimeUnit::NANO), "[-1]", R"(["1969-12-31T23:59:59.999999999"])"},
      {arrow::timestamp(TimeUnit::MILLI), "[9223372036854775807]", "[9223372036854775807]"},
      {arrow::duration(TimeUnit::NANO), "[5]", "[5]"},
      {arrow::day_time_interval(), "[[1, 2]]", R"([{"days":1,"milliseconds":2}])"},
      {arrow::list(arrow::utf8()), R"([["a", null], [], null])", R"([["a",null],[],null])"},
      {point, R"([{"x": 1, "Y": "a"}, null, {"x": null, "Y": null}])",
       R"([{"x":1,"Y":"a"},null,{"x":null,"Y":null}])"},
      {arrow::struct_({}), "[{}, null]", "[{},null]"},
      {arrow::map(arrow::utf8(), arrow::int8()), R"([[["a", 1], ["b", null]], [], null])",
       R"([[{"key":"a","value":1},{"key":"b","value":null}],[],null])"},
      {arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["a", null, "a"])", R"(["a",null,"a"])"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Written(FromJson(c.type, c.values)), c.json) << c.type->ToString();
  }
}

TEST(ConvertJson, FloatsThatAreNotFiniteAreStrings) {
  arrow::DoubleBuilder builder;
  const double infinity = std::numeric_limits<double>::infinity();
  ASSERT_TRUE(builder.AppendValues({std::nan(""), infinity, -infinity, -0.0}).ok());
  EXPECT_EQ(Written(builder.Finish().ValueOrDie()), R"(["NaN","+Inf","-Inf",-0])");
}

TEST(ConvertJson, UuidsAreTextAndJsonIsItself) {
  const ArrayPtr uuid = FromJson(arrow::fixed_size_binary(16), R"(["0123456789abcdef"])");
  EXPECT_EQ(Written(arrow::ExtensionType::WrapArray(arrow::extension::uuid(), uuid)),
            R"(["30313233-3435-3637-3839-616263646566"])");
  const ArrayPtr json = FromJson(arrow::utf8(), R"(["{\"a\":1}", "no"])");
  EXPECT_EQ(Written(arrow::ExtensionType::WrapArray(arrow::extension::json(), json)),
            R"([{"a":1},"no"])");
}

TEST(ConvertJson, FieldsOfOneNameAreToldApart) {
  const Type type = arrow::struct_({field("a", arrow::int8()), field("A", arrow::int8())});
  const ArrayPtr values =
      arrow::StructArray::Make({FromJson(arrow::int8(), "[1]"), FromJson(arrow::int8(), "[2]")},
                               type->fields())
          .ValueOrDie();
  EXPECT_EQ(Written(values), R"([{"a":1,"A_559aead0":2}])");
}

TEST(ConvertJson, AUnionIsTheValueThatItHolds) {
  const arrow::FieldVector members = {field("i", arrow::int8()), field("s", arrow::large_utf8()),
                                      field("l", arrow::list(arrow::list(arrow::int8())))};
  const std::string values = R"([[0, 1], [1, "x"], [0, null], [2, [[1], null]], [1, null]])";
  const ArrayPtr expected =
      FromJson(arrow::binary(), R"(["1", "\"x\"", null, "[[1],null]", null])");
  ExpectConverts(FromJson(arrow::dense_union(members), values), expected);
  ExpectConverts(FromJson(arrow::sparse_union(members), values), expected);
}

TEST(ConvertJson, AStructWithoutFieldsIsAnEmptyObject) {
  ExpectConverts(FromJson(arrow::struct_({}), "[{}, null, {}]"),
                 FromJson(arrow::binary(), R"(["{}", null, "{}"])"));
}

TEST(ConvertJson, CountsWhatItHadToMendOnTheWay) {
  const ArrayPtr unions =
      FromJson(arrow::dense_union({field("t", arrow::time64(TimeUnit::NANO))}), "[[0, -1]]");
  ConvertStats stats;
  ASSERT_THAT(Convert(unions, &stats), IsOk());
  EXPECT_EQ(stats, ConvertStats{.out_of_range_values = 1});
}

}  // namespace
}  // namespace cloudquery
