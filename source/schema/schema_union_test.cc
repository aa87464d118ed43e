#include "source/schema/schema_union.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "cloudquery/types/described_columns.h"

namespace source {
namespace {

using arrow::field;
using base::HasMessage;
using ::testing::HasSubstr;

SchemaSource Objects(const std::string& key, arrow::FieldVector fields, int64_t objects = 1) {
  return {.columns = cloudquery::DescribeColumns(*arrow::schema(std::move(fields)), {}),
          .key = key,
          .objects = objects};
}

SchemaSource WithoutRows(arrow::FieldVector fields) {
  SchemaSource source = Objects("empty", std::move(fields));
  source.has_rows = false;
  return source;
}

SchemaSource Remembered(std::shared_ptr<arrow::Schema> columns) {
  return {.columns = std::move(columns), .key = "s3/b/t/schema", .remembered = true};
}

// "a: int8, b: utf8".
std::string Text(const arrow::Schema& schema) {
  std::string text;
  for (const auto& column : schema.fields()) {
    text +=
        (text.empty() ? "" : ", ") + column->name() + ": " + cloudquery::DescribedTypeText(*column);
  }
  return text;
}

std::string United(const std::vector<SchemaSource>& sources) {
  const SchemaUnion united = UniteSchemas(sources, SchemaMode::kEvolve);
  return united.columns == nullptr ? "conflict" : Text(*united.columns);
}

TEST(SchemaUnion, HasTheColumnsOfTheFirstAndThenWhatEachLaterOneAdds) {
  EXPECT_EQ(United({Objects("1", {field("b", arrow::int8()), field("a", arrow::int8())}),
                    Objects("2", {field("c", arrow::utf8()), field("a", arrow::int16())}),
                    Objects("3", {field("d", arrow::utf8())})}),
            "b: int8, a: int16, c: utf8, d: utf8");
}

TEST(SchemaUnion, NamesThatDifferInCaseAreOneColumnUnlessAnObjectHasBoth) {
  EXPECT_EQ(United({Objects("1", {field("Id", arrow::int8())}),
                    Objects("2", {field("id", arrow::int16())})}),
            "Id: int16");
  EXPECT_EQ(United({Objects("1", {field("Id", arrow::int8())}),
                    Objects("2", {field("id", arrow::utf8())}),
                    Objects("3", {field("Id", arrow::int8()), field("id", arrow::utf8())})}),
            "Id: int8, id: utf8");
}

TEST(SchemaUnion, ObjectsWithoutRowsForbidNothing) {
  const auto full = Objects("1", {field("id", arrow::int64()), field("name", arrow::utf8())});
  const auto empty = WithoutRows(
      {field("name", arrow::null()), field("id", arrow::utf8()), field("index", arrow::int64())});
  EXPECT_EQ(United({full, empty}), "id: int64, name: utf8");
  EXPECT_EQ(United({empty, full}), "name: utf8, id: int64");
}

TEST(SchemaUnion, ObjectsWithoutRowsMakeTheTableWhereThereAreNoOthers) {
  EXPECT_EQ(United({WithoutRows({field("a", arrow::int8())}),
                    WithoutRows({field("a", arrow::utf8()), field("b", arrow::utf8())})}),
            "a: int8, b: utf8");
}

TEST(SchemaUnion, AColumnWithoutValuesTakesTheTypeOfAnObjectWithoutRows) {
  EXPECT_EQ(United({Objects("1", {field("a", arrow::null())}),
                    WithoutRows({field("a", arrow::date32())})}),
            "a: date32[day]");
}

TEST(SchemaUnion, WhatIsRememberedStaysAndItsTypesNeverNarrow) {
  const auto first = UniteSchemas(
      {Objects("1", {field("a", arrow::int64()), field("b", arrow::int8())})}, SchemaMode::kEvolve);
  EXPECT_EQ(United({Remembered(first.columns), Objects("2", {field("a", arrow::int32())})}),
            "a: int64, b: int8");
}

TEST(SchemaUnion, ATypeThatNoRowHadIsRememberedAsSuch) {
  const auto empty =
      UniteSchemas({WithoutRows({field("a", arrow::utf8())})}, SchemaMode::kEvolve).columns;
  EXPECT_EQ(United({Remembered(empty), Objects("2", {field("b", arrow::int8())})}),
            "a: utf8, b: int8");
  EXPECT_EQ(United({Remembered(empty), Objects("2", {field("a", arrow::int8())})}), "a: int8");
  EXPECT_EQ(United({Remembered(empty), Objects("2", {field("a", arrow::null())})}), "a: utf8");
}

TEST(SchemaUnion, AColumnThatWasAnnouncedWithoutValuesChangesForRowsOnly) {
  const auto null =
      UniteSchemas({Objects("1", {field("a", arrow::null())})}, SchemaMode::kEvolve).columns;
  EXPECT_EQ(United({Remembered(null), WithoutRows({field("a", arrow::int8())})}), "a: utf8");
  EXPECT_EQ(United({Remembered(null), Objects("2", {field("a", arrow::int8())})}), "a: int8");
}

TEST(SchemaUnion, TheErrorListsAllThatDisagreesWithAnObjectOfEachAndHowMany) {
  const std::vector<SchemaSource> sources = {
      Remembered(arrow::schema({field("b", arrow::date32())})),
      Objects("t/1", {field("a", arrow::int64()), field("b", arrow::utf8())}, 3),
      Objects("t/2", {field("a", arrow::utf8())}, 2),
      Objects("t/3", {field("a", arrow::float64())}),
      Objects("t/4", {field("a", arrow::utf8()), field("c", arrow::utf8())})};
  const SchemaUnion united = UniteSchemas(sources, SchemaMode::kEvolve);
  EXPECT_EQ(united.columns, nullptr);
  EXPECT_THAT(
      ConflictError("t", SchemaMode::kEvolve, sources, united.conflicts),
      HasMessage("table \"t\": column \"b\" is date32[day] in earlier syncs (state key "
                 "\"s3/b/t/schema\") but utf8 in object \"t/1\" and 2 more; column \"a\" is int64 "
                 "in object \"t/1\" and 2 more but utf8 in object \"t/2\" and 2 more but double in "
                 "object \"t/3\". No type holds the values of both without loss. Set the type of "
                 "each of these columns in types (json or text for a column of lists), set rescue: "
                 "true to "
                 "keep what does not fit the oldest type in a column of its own, or move the "
                 "objects of one of the types to another folder, so that they become a table of "
                 "their own. "
                 "If the objects of earlier syncs are gone, delete the state key to forget them."));
}

TEST(SchemaUnion, WithRescueTheFirstTypeStaysWhereNothingIsInCommon) {
  const auto text = [](std::vector<SchemaSource> sources) {
    const SchemaUnion united = UniteSchemas(sources, SchemaMode::kEvolve, /*rescue=*/true);
    EXPECT_TRUE(united.conflicts.empty());
    return Text(*united.columns);
  };
  const auto number = field("a", arrow::int16()), wide = field("a", arrow::int64());
  const auto words = field("a", arrow::utf8());
  EXPECT_EQ(text({Objects("1", {number}), Objects("2", {words}), Objects("3", {wide})}),
            "a: int64");
  EXPECT_EQ(text({Objects("1", {words}), Objects("2", {number})}), "a: utf8");
  EXPECT_EQ(text({Remembered(arrow::schema({words})), Objects("1", {number})}), "a: utf8");
  EXPECT_EQ(text({WithoutRows({words}), Objects("2", {number})}), "a: int16");
  const auto one = field("s", arrow::struct_({number, field("b", arrow::utf8())}));
  const auto other = field("s", arrow::struct_({words, field("c", arrow::int8())}));
  EXPECT_EQ(text({Objects("1", {one}), Objects("2", {other})}),
            "s: struct<a: int16, b: utf8, c: int8>");
  const auto none = field("s", arrow::utf8());
  EXPECT_EQ(text({Objects("1", {one}), Objects("2", {none}), Objects("3", {other})}),
            "s: struct<a: int16, b: utf8, c: int8>");
  EXPECT_EQ(text({Objects("1", {field("l", arrow::list(arrow::int8()))}),
                  Objects("2", {field("l", arrow::list(arrow::utf8()))})}),
            "l: list<item: int8>");
}

TEST(SchemaUnion, StrictTakesEqualColumnsInAnyOrderAndEncoding) {
  const std::vector<SchemaSource> sources = {
      Objects("1", {field("a", arrow::int8()), field("b", arrow::utf8())}),
      Objects("2", {field("b", arrow::dictionary(arrow::int8(), arrow::utf8())),
                    field("a", arrow::int8(), /*nullable=*/false)}),
      Objects("3", {field("a", arrow::int8()), field("b", arrow::null())})};
  EXPECT_EQ(Text(*UniteSchemas(sources, SchemaMode::kStrict).columns), "a: int8, b: utf8");
}

TEST(SchemaUnion, StrictListsEveryDifference) {
  const std::vector<SchemaSource> sources = {
      Objects("1", {field("a", arrow::int8()), field("b", arrow::utf8())}, 2),
      Objects("2", {field("A", arrow::int8()), field("b", arrow::int8())})};
  const SchemaUnion united = UniteSchemas(sources, SchemaMode::kStrict);
  EXPECT_EQ(united.columns, nullptr);
  EXPECT_THAT(base::MessageOf(ConflictError("t", SchemaMode::kStrict, sources, united.conflicts)),
              HasSubstr("column \"a\" is int8 in object \"1\" and 1 more but missing in object "
                        "\"2\"; column \"b\" is utf8 in object \"1\" and 1 more but int8 in object "
                        "\"2\"; column \"A\" is missing in object \"1\" and 1 more but int8 in "
                        "object \"2\". With schema: strict"));
}

TEST(TypesWidened, NamesTheColumnsThatADestinationMustMigrate) {
  const auto before = arrow::schema({field("a", arrow::int32()), field("b", arrow::utf8())});
  EXPECT_EQ(
      TypesWidened(*before, *arrow::schema({field("b", arrow::utf8()), field("a", arrow::int32()),
                                            field("c", arrow::int8())})),
      "");
  EXPECT_THAT(TypesWidened(*before, *arrow::schema({field("a", arrow::int64())})),
              HasSubstr("\"a\" from int32 to int64"));
}

}  // namespace
}  // namespace source
