#include "cloudquery/types/type_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/extension/bool8.h"
#include "arrow/extension/json.h"
#include "arrow/extension/opaque.h"
#include "arrow/extension/uuid.h"
#include "arrow/util/key_value_metadata.h"

namespace cloudquery {
namespace {

using arrow::field;
using arrow::TimeUnit;
using Type = std::shared_ptr<arrow::DataType>;

TypeRule Rule(const Type& type, NestedLists nested_lists = NestedLists::kJson) {
  return RuleFor(*field("x", type), {.nested_lists = nested_lists});
}

std::string Emitted(const Type& type, NestedLists nested_lists = NestedLists::kJson) {
  return TypeText(Rule(type, nested_lists));
}

TEST(TypeRules, WhatEveryDestinationTakesStaysAsItIs) {
  for (const Type& type :
       {arrow::boolean(),
        arrow::int8(),
        arrow::int16(),
        arrow::int32(),
        arrow::int64(),
        arrow::uint8(),
        arrow::uint16(),
        arrow::uint32(),
        arrow::uint64(),
        arrow::float32(),
        arrow::float64(),
        arrow::decimal128(38, 0),
        arrow::decimal256(76, 9),
        arrow::utf8(),
        arrow::binary(),
        arrow::fixed_size_binary(3),
        arrow::date32(),
        arrow::time32(TimeUnit::MILLI),
        arrow::time64(TimeUnit::MICRO),
        arrow::timestamp(TimeUnit::MILLI),
        arrow::timestamp(TimeUnit::MICRO),
        arrow::timestamp(TimeUnit::NANO),
        arrow::timestamp(TimeUnit::MICRO, "UTC"),
        arrow::list(arrow::utf8()),
        arrow::map(arrow::utf8(), arrow::int64()),
        arrow::struct_({field("a", arrow::int8()), field("b", arrow::utf8())})}) {
    EXPECT_TRUE(Rule(type).type->Equals(*type, true)) << type->ToString();
    EXPECT_EQ(Rule(type).extension, ExtensionType::kNone);
    EXPECT_EQ(Rule(type).meaning, "");
  }
}

TEST(TypeRules, AllOtherTypesAreSentAsTheNearestOfThose) {
  struct Case {
    Type type;
    std::string emitted;
  };
  const Case cases[] = {
      {arrow::null(), "utf8"},
      {arrow::float16(), "float"},
      {arrow::decimal32(9, 2), "decimal128(9, 2)"},
      {arrow::decimal64(18, 2), "decimal128(18, 2)"},
      {arrow::decimal32(9, -2), "decimal128(11, 0)"},
      {arrow::decimal128(36, -2), "decimal128(38, 0)"},
      {arrow::decimal128(37, -2), "decimal256(39, 0)"},
      {arrow::decimal128(38, -39), "utf8"},
      {arrow::decimal256(10, -2), "decimal256(12, 0)"},
      {arrow::decimal256(76, -1), "utf8"},
      {arrow::large_utf8(), "utf8"},
      {arrow::utf8_view(), "utf8"},
      {arrow::large_binary(), "binary"},
      {arrow::binary_view(), "binary"},
      {arrow::date64(), "date32[day]"},
      {arrow::time32(TimeUnit::SECOND), "time32[ms]"},
      {arrow::time64(TimeUnit::NANO), "utf8"},
      {arrow::timestamp(TimeUnit::SECOND), "timestamp[ms]"},
      {arrow::timestamp(TimeUnit::SECOND, "Europe/Paris"), "timestamp[ms, tz=UTC]"},
      {arrow::timestamp(TimeUnit::NANO, "+01:00"), "timestamp[ns, tz=UTC]"},
      {arrow::duration(TimeUnit::NANO), "int64 (duration[ns])"},
      {arrow::month_interval(), "int32 (month_interval)"},
      {arrow::day_time_interval(), "struct<days: int32, milliseconds: int32>"},
      {arrow::month_day_nano_interval(), "struct<months: int32, days: int32, nanoseconds: int64>"},
      {arrow::large_list(arrow::large_utf8()), "list<item: utf8>"},
      {arrow::fixed_size_list(arrow::int8(), 3), "list<item: int8>"},
      {arrow::list_view(arrow::int8()), "list<item: int8>"},
      {arrow::large_list_view(arrow::int8()), "list<item: int8>"},
      {arrow::struct_({}), "json"},
      {arrow::dense_union({field("a", arrow::int8())}), "json"},
      {arrow::sparse_union({field("a", arrow::int8())}), "json"},
      {arrow::dictionary(arrow::int8(), arrow::utf8()), "utf8"},
      {arrow::dictionary(arrow::int8(), arrow::date64()), "date32[day]"},
      {arrow::run_end_encoded(arrow::int16(), arrow::large_utf8()), "utf8"},
      {arrow::extension::uuid(), "uuid"},
      {arrow::extension::json(arrow::large_utf8()), "json"},
      {arrow::extension::bool8(), "bool"},
      {arrow::extension::opaque(arrow::large_utf8(), "geometry", "somebody"), "utf8"},
      {arrow::extension::opaque(arrow::extension::uuid(), "id", "somebody"), "uuid"},
  };
  for (const Case& c : cases) EXPECT_EQ(Emitted(c.type), c.emitted) << c.type->ToString();
}

TEST(TypeRules, HoldInsideNestedTypesToo) {
  EXPECT_EQ(Emitted(arrow::list(arrow::dictionary(arrow::int32(), arrow::large_utf8()))),
            "list<item: utf8>");
  EXPECT_EQ(Emitted(arrow::struct_({field("t", arrow::timestamp(TimeUnit::SECOND)),
                                    field("u", arrow::extension::uuid()),
                                    field("d", arrow::duration(TimeUnit::SECOND))})),
            "struct<t: timestamp[ms], u: uuid, d: int64 (duration[s])>");
  EXPECT_EQ(Emitted(arrow::map(arrow::large_utf8(), arrow::struct_({}))), "map<utf8, json>");
  EXPECT_EQ(Emitted(arrow::dictionary(arrow::int8(), arrow::struct_({field("n", arrow::null())}))),
            "struct<n: utf8>");
}

TEST(TypeRules, ListsOfListsAreJsonUnlessTheyAreAskedFor) {
  const Type twice = arrow::list(arrow::large_list(arrow::float16()));
  EXPECT_EQ(Emitted(twice), "json");
  EXPECT_EQ(Emitted(twice, NestedLists::kList), "list<item: list<item: float>>");
  EXPECT_EQ(Emitted(arrow::list(twice)), "json");
  EXPECT_EQ(Emitted(arrow::list(arrow::dictionary(arrow::int8(), arrow::list(arrow::int8())))),
            "json");
  // Destinations show structs and maps as JSON anyway, so what is inside them does not matter.
  EXPECT_EQ(Emitted(arrow::list(arrow::map(arrow::utf8(), arrow::list(arrow::int8())))),
            "list<item: map<utf8, list<item: int8>>>");
  EXPECT_EQ(Emitted(arrow::list(arrow::struct_({field("l", twice)}))),
            "list<item: struct<l: json>>");
}

TEST(TypeRules, NestedFieldsAreNullableAndNamedAlikeAndCarryNoForeignMetadata) {
  const auto foreign = arrow::key_value_metadata({"PARQUET:field_id"}, {"7"});
  const auto element = field("element", arrow::int8(), /*nullable=*/false, foreign);
  EXPECT_TRUE(Rule(arrow::list(element)).type->Equals(*arrow::list(arrow::int8()), true));
  EXPECT_TRUE(Rule(arrow::struct_({element}))
                  .type->Equals(*arrow::struct_({field("element", arrow::int8())}), true));
  const auto map = std::make_shared<arrow::MapType>(
      field("k", arrow::utf8(), false, foreign), field("v", arrow::int8(), false, foreign), true);
  EXPECT_TRUE(Rule(map).type->Equals(*arrow::map(arrow::utf8(), arrow::int8()), true));
}

TEST(TypeRules, NestedExtensionTypesKeepTheirMetadata) {
  const auto expected = arrow::list(UuidField("item"));
  EXPECT_TRUE(Rule(arrow::list(arrow::extension::uuid())).type->Equals(*expected, true));
}

TEST(TypeRules, ExtensionTypesAreKnownByMetadataWhereArrowHasNoClassForThem) {
  const auto emitted = [](const std::string& name, const Type& storage) {
    const auto metadata = arrow::key_value_metadata({std::string(kExtensionNameKey)}, {name});
    return TypeText(RuleFor(*field("x", storage, true, metadata), {}));
  };
  EXPECT_EQ(emitted("uuid", arrow::fixed_size_binary(16)), "uuid");
  EXPECT_EQ(emitted("arrow.uuid", arrow::fixed_size_binary(16)), "uuid");
  EXPECT_EQ(emitted("json", arrow::binary()), "json");
  EXPECT_EQ(emitted("arrow.json", arrow::utf8_view()), "json");
  EXPECT_EQ(emitted("arrow.bool8", arrow::int8()), "bool");
  // Names on a storage that does not go with them mean nothing.
  EXPECT_EQ(emitted("uuid", arrow::utf8()), "utf8");
  EXPECT_EQ(emitted("json", arrow::int8()), "int8");
  EXPECT_EQ(emitted("inet", arrow::binary()), "binary");
}

TEST(TypeRules, FieldsOfAStructGetNamesThatCanBeToldApartAndANoteEach) {
  const TypeRule rule =
      Rule(arrow::list(arrow::struct_({field("A", arrow::int8()), field("a", arrow::int8()),
                                       field("s", arrow::struct_({field("", arrow::int8())}))})));
  EXPECT_EQ(TypeText(rule),
            "list<item: struct<A_559aead0: int8, a: int8, s: struct<column: int8>>>");
  EXPECT_THAT(
      rule.notes,
      ::testing::ElementsAre(
          "field \"A\" is sent as \"A_559aead0\": another one has the same name, ignoring case",
          "field \"\" is sent as \"column\": it is empty"));
}

}  // namespace
}  // namespace cloudquery
