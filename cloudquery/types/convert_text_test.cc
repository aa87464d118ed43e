// Text that is not what it claims to be: UTF-8, JSON, UUIDs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/array/builder_binary.h"
#include "arrow/array/util.h"
#include "arrow/extension/json.h"
#include "arrow/extension_type.h"
#include "base/testing.h"
#include "base/utf8.h"
#include "cloudquery/testing/convert_testing.h"

namespace cloudquery {
namespace {

using base::IsOk;
using Strings = std::vector<std::string>;

// Values of any bytes; "(null)" is null.
ArrayPtr Raw(const std::shared_ptr<arrow::DataType>& type, const Strings& values) {
  arrow::BinaryBuilder builder;
  for (const std::string& value : values) {
    EXPECT_TRUE((value == "(null)" ? builder.AppendNull() : builder.Append(value)).ok());
  }
  auto data = builder.Finish().ValueOrDie()->data()->Copy();
  data->type = type;
  return arrow::MakeArray(data);
}

ArrayPtr JsonColumn(const Strings& values) {
  return arrow::ExtensionType::WrapArray(arrow::extension::json(), Raw(arrow::utf8(), values));
}

TEST(ConvertText, InvalidUtf8IsReplacedAndCountedValueByValue) {
  const ArrayPtr array = Raw(arrow::utf8(), {"fine", "bad\xFF", "(null)", "\xE2\x82", "\u20ac"});
  ConvertStats stats;
  const auto converted = Convert(array, &stats);
  ASSERT_THAT(converted, IsOk());
  ExpectEqual(**converted,
              *Raw(arrow::utf8(), {"fine", "bad\uFFFD", "(null)", "\uFFFD", "\u20ac"}));
  EXPECT_EQ(stats, ConvertStats{.invalid_utf8_values = 2});
}

TEST(ConvertText, ACharacterThatIsCutBetweenTwoValuesIsInvalidInBoth) {
  // As one run of bytes these are valid UTF-8.
  for (const std::string character : {"\u00e9", "\u20ac", "\U0001F600"}) {
    for (size_t cut = 1; cut < character.size(); ++cut) {
      const Strings parts = {character.substr(0, cut), character.substr(cut)};
      ConvertStats stats;
      const auto converted = Convert(Raw(arrow::utf8(), parts), &stats);
      ASSERT_THAT(converted, IsOk());
      ExpectEqual(**converted, *Raw(arrow::utf8(), {base::ReplaceInvalidUtf8(parts[0]),
                                                    base::ReplaceInvalidUtf8(parts[1])}));
      EXPECT_EQ(stats.invalid_utf8_values, 2);
    }
  }
}

TEST(ConvertText, OnlyTheValuesOfASliceAreLookedAt) {
  const ArrayPtr array = Raw(arrow::utf8(), {"\xFF", "a", "\u20ac", "\xFF"});
  ConvertStats stats;
  const ArrayPtr slice = array->Slice(1, 2);
  const auto converted = Convert(slice, &stats);
  ASSERT_THAT(converted, IsOk());
  EXPECT_EQ(*converted, slice);
  EXPECT_EQ(stats, ConvertStats{});
}

TEST(ConvertText, InvalidUtf8UnderANullIsIgnored) {
  auto data = Raw(arrow::utf8(), {"a", "\xFF"})->data()->Copy();
  data->buffers[0] = arrow::Buffer::FromString("\x01");
  data->null_count = 1;
  ConvertStats stats;
  const auto converted = Convert(arrow::MakeArray(data), &stats);
  ASSERT_THAT(converted, IsOk());
  ExpectEqual(**converted, *Raw(arrow::utf8(), {"a", "(null)"}));
  EXPECT_EQ(stats, ConvertStats{});
}

TEST(ConvertText, InvalidUtf8IsFoundInEveryLayoutAndInsideNestedTypes) {
  const ArrayPtr bad = Raw(arrow::utf8(), {"\xFF"});
  const ArrayPtr good = Raw(arrow::utf8(), {"\uFFFD"});
  const auto list_of = [](const ArrayPtr& values) -> ArrayPtr {
    return arrow::ListArray::FromArrays(*FromJson(arrow::int32(), "[0, 1]"), *values).ValueOrDie();
  };
  const auto struct_of = [](const ArrayPtr& values) -> ArrayPtr {
    return arrow::StructArray::Make({values}, Strings{"s"}).ValueOrDie();
  };
  const auto map_of = [](const ArrayPtr& values) -> ArrayPtr {
    return arrow::MapArray::FromArrays(FromJson(arrow::int32(), "[0, 1]"), values, values)
        .ValueOrDie();
  };
  const auto dictionary_of = [](const ArrayPtr& values) -> ArrayPtr {
    return arrow::DictionaryArray::FromArrays(FromJson(arrow::int8(), "[0]"), values).ValueOrDie();
  };
  const std::pair<ArrayPtr, ArrayPtr> cases[] = {{list_of(bad), list_of(good)},
                                                 {struct_of(bad), struct_of(good)},
                                                 {map_of(bad), map_of(good)},
                                                 {dictionary_of(bad), good}};
  for (const auto& [from, to] : cases) {
    ConvertStats stats;
    const auto converted = Convert(from, &stats);
    ASSERT_THAT(converted, IsOk());
    ExpectEqual(**converted, *to);
    EXPECT_EQ(stats.invalid_utf8_values, from->type_id() == arrow::Type::MAP ? 2 : 1);
  }
}

TEST(ConvertText, JsonThatIsValidStaysAsItIsWithoutACopy) {
  const ArrayPtr column = JsonColumn({"{\"a\": [1, 2.5e3]}", "(null)", " true ", "\"\u20ac\""});
  ConvertStats stats;
  const auto converted = Convert(column, &stats);
  ASSERT_THAT(converted, IsOk());
  ExpectEqual(**converted,
              *Raw(arrow::binary(), {"{\"a\": [1, 2.5e3]}", "(null)", " true ", "\"\u20ac\""}));
  EXPECT_EQ((*converted)->data()->buffers[2], column->data()->buffers[2]);
  EXPECT_EQ(stats, ConvertStats{});
}

TEST(ConvertText, TextThatIsNotJsonBecomesAJsonStringOfItselfAndIsCounted) {
  const ArrayPtr column =
      JsonColumn({"", "{\"a\":", "(null)", "NaN", "1 2", "{}", "'a'", std::string("{}\0x", 4),
                  "\xEF\xBB\xBF{}", "\"\xFF\"", R"("\ud800")", "1e999"});
  ConvertStats stats;
  const auto converted = Convert(column, &stats);
  ASSERT_THAT(converted, IsOk());
  ExpectEqual(**converted,
              *Raw(arrow::binary(), {R"("")", R"("{\"a\":")", "(null)", R"("NaN")", R"("1 2")",
                                     "{}", R"("'a'")", R"("{}\u0000x")", "\"\xEF\xBB\xBF{}\"",
                                     "\"\\\"\uFFFD\\\"\"", R"("\"\\ud800\"")", R"("1e999")"}));
  EXPECT_EQ(stats, ConvertStats{.invalid_json_values = 10});
}

arrow::Result<ArrayPtr> Uuids(const ArrayPtr& array, ConvertStats* stats) {
  return ParseUuids(*array, {.pool = arrow::default_memory_pool(), .stats = stats});
}

TEST(ConvertText, UuidsAreReadFromTextOfEitherCaseWithOrWithoutHyphens) {
  const std::string bytes = "\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\xff";
  ConvertStats stats;
  const auto parsed = Uuids(Raw(arrow::utf8(), {"123e4567-e89b-12d3-a456-4266141740ff", "(null)",
                                                "123E4567E89B12D3A4564266141740FF"}),
                            &stats);
  ASSERT_THAT(parsed, IsOk());
  const auto& values = static_cast<const arrow::FixedSizeBinaryArray&>(**parsed);
  EXPECT_EQ(values.GetView(0), bytes);
  EXPECT_TRUE(values.IsNull(1));
  EXPECT_EQ(values.GetView(2), bytes);
  EXPECT_EQ(stats, ConvertStats{});
}

TEST(ConvertText, SixteenBytesAreAUuidInAColumnOfBytesOnly) {
  const Strings sixteen = {"0123456789abcdef"};
  ConvertStats stats;
  const auto raw = Uuids(Raw(arrow::binary(), sixteen), &stats);
  EXPECT_EQ(static_cast<const arrow::FixedSizeBinaryArray&>(**raw).GetView(0), sixteen[0]);
  EXPECT_EQ(stats.invalid_ids, 0);
  const auto text = Uuids(Raw(arrow::utf8(), sixteen), &stats);
  EXPECT_TRUE((*text)->IsNull(0));
  EXPECT_EQ(stats.invalid_ids, 1);
}

TEST(ConvertText, AValueThatIsNotAValidUuidBecomesNullAndIsCounted) {
  const Strings values = {"",
                          "x",
                          "123e4567-e89b-12d3-a456-42661417400",
                          "123e4567-e89b-12d3-a456-4266141740000",
                          "123e4567_e89b-12d3-a456-426614174000",
                          "g23e4567-e89b-12d3-a456-426614174000",
                          "123e4567e89b12d3a45642661417400-",
                          "123e45678e89b-12d3-a456-42661417400-"};
  ConvertStats stats;
  const auto parsed = Uuids(Raw(arrow::utf8(), values), &stats);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ((*parsed)->null_count(), static_cast<int64_t>(values.size()));
  EXPECT_EQ(stats.invalid_ids, static_cast<int64_t>(values.size()));
}

}  // namespace
}  // namespace cloudquery
