#include "source/schema/projection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/array.h"
#include "arrow/json/from_string.h"
#include "arrow/scalar.h"
#include "base/int96_type.h"
#include "base/testing.h"
#include "cloudquery/types/described_columns.h"
#include "source/schema/schema_union.h"
#include "source/schema/table_schema.h"

namespace source {
namespace {

using arrow::field;
using arrow::TimeUnit;
using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using Type = std::shared_ptr<arrow::DataType>;
using Names = std::vector<std::string>;
using SchemaPtr = std::shared_ptr<arrow::Schema>;

std::shared_ptr<arrow::Array> Json(const Type& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

SchemaPtr Described(const SchemaPtr& read) { return cloudquery::DescribeColumns(*read, {}); }

// The table of objects that were written with these schemas.
TableColumns TableOf(const std::vector<SchemaPtr>& read) {
  std::vector<SchemaSource> sources;
  for (const SchemaPtr& schema : read) sources.push_back({.columns = Described(schema)});
  TableColumns table{.described = UniteSchemas(sources, SchemaMode::kEvolve).columns};
  table.sent = cloudquery::SendColumns(*table.described).schema;
  return table;
}

arrow::Result<std::shared_ptr<const Projection>> Make(const SchemaPtr& read,
                                                      const TableColumns& table,
                                                      bool has_rows = true) {
  return Projection::Make({.selection = std::make_shared<formats::ColumnSelection>(read, Names{}),
                           .normalizer = *cloudquery::Normalizer::Make(*read, {}),
                           .own = Described(read),
                           .decided = Described(read),
                           .has_rows = has_rows},
                          table, /*fold_case=*/true);
}

std::shared_ptr<arrow::RecordBatch> Converted(const Projection& projection, const SchemaPtr& read,
                                              const arrow::ArrayVector& columns,
                                              cloudquery::ConvertStats* stats = nullptr) {
  cloudquery::ConvertStats ignored;
  const auto batch = arrow::RecordBatch::Make(read, columns[0]->length(), columns);
  const auto converted = projection.Convert({.rows = batch}, stats == nullptr ? &ignored : stats,
                                            arrow::default_memory_pool());
  EXPECT_THAT(converted, IsOk());
  EXPECT_THAT((*converted)->ValidateFull(), IsOk());
  return *converted;
}

// Values of one type in the column that they share with those of another.
void ExpectCast(const Type& from, const std::string& json, const Type& other, const Type& to,
                const std::string& expected, int64_t out_of_range = 0) {
  SCOPED_TRACE(from->ToString() + " beside " + other->ToString());
  const auto read = arrow::schema({field("c", from)});
  const auto projection = Make(read, TableOf({read, arrow::schema({field("c", other)})}));
  ASSERT_THAT(projection, IsOk());
  const auto values = Json(from, json), wanted = Json(to, expected);
  for (int64_t offset = 0; offset <= values->length(); ++offset) {
    cloudquery::ConvertStats stats;
    const auto converted = Converted(**projection, read, {values->Slice(offset)}, &stats);
    EXPECT_TRUE(converted->column(0)->type()->Equals(*to))
        << converted->column(0)->type()->ToString();
    EXPECT_TRUE(converted->column(0)->Equals(*wanted->Slice(offset)))
        << converted->column(0)->ToString();
    if (offset == 0) {
      EXPECT_EQ(stats.out_of_range_values, out_of_range);
    }
  }
}

TEST(Projection, OfTheTablesOwnSchemaSharesAllColumns) {
  const auto read = arrow::schema({field("a", arrow::int8()), field("b", arrow::utf8())});
  const auto projection = Make(read, TableOf({read}));
  ASSERT_THAT(projection, IsOk());
  EXPECT_TRUE((*projection)->identity());
  const arrow::ArrayVector columns = {Json(arrow::int8(), "[1]"), Json(arrow::utf8(), "[\"x\"]")};
  EXPECT_EQ(Converted(**projection, read, columns)->column(0), columns[0]);
}

TEST(Projection, MovesColumnsFillsWhatIsMissingWithNullsAndKeepsWhatNeedNotChange) {
  const auto first = arrow::schema({field("Id", arrow::int8()), field("b", arrow::utf8())});
  const auto read = arrow::schema({field("c", arrow::int16()), field("id", arrow::int8())});
  const auto table = TableOf({first, read});
  const auto projection = Make(read, table);
  ASSERT_THAT(projection, IsOk());
  EXPECT_FALSE((*projection)->identity());
  const arrow::ArrayVector columns = {Json(arrow::int16(), "[7]"), Json(arrow::int8(), "[1]")};
  const auto rows = Converted(**projection, read, columns);
  EXPECT_THAT(rows->schema()->field_names(), ::testing::ElementsAre("Id", "b", "c"));
  EXPECT_TRUE(rows->schema()->Equals(*table.sent, /*check_metadata=*/true));
  EXPECT_EQ(rows->column(0), columns[1]);
  EXPECT_TRUE(rows->column(1)->Equals(*Json(arrow::utf8(), "[null]")));
  EXPECT_EQ(rows->column(2), columns[0]);
}

TEST(Projection, CastsNumbers) {
  ExpectCast(arrow::int8(), "[1, null, -128]", arrow::int64(), arrow::int64(), "[1, null, -128]");
  ExpectCast(arrow::uint32(), "[4294967295]", arrow::int32(), arrow::int64(), "[4294967295]");
  ExpectCast(arrow::uint64(), "[18446744073709551615]", arrow::int8(), arrow::decimal128(20, 0),
             R"(["18446744073709551615"])");
  ExpectCast(arrow::int64(), "[-9223372036854775808]", arrow::uint64(), arrow::decimal128(20, 0),
             R"(["-9223372036854775808"])");
  ExpectCast(arrow::float32(), "[1.5, null]", arrow::float64(), arrow::float64(), "[1.5, null]");
  ExpectCast(arrow::int32(), "[2147483647]", arrow::float64(), arrow::float64(), "[2147483647]");
  ExpectCast(arrow::int32(), "[-7]", arrow::decimal128(4, 2), arrow::decimal128(12, 2),
             R"(["-7.00"])");
  ExpectCast(arrow::decimal128(4, 2), R"(["-10.25", null])", arrow::decimal128(6, 3),
             arrow::decimal128(6, 3), R"(["-10.250", null])");
  ExpectCast(arrow::decimal128(4, 2), R"(["10.25"])", arrow::decimal256(50, 3),
             arrow::decimal256(50, 3), R"(["10.250"])");
  ExpectCast(arrow::int64(), "[5]", arrow::decimal256(50, 3), arrow::decimal256(50, 3),
             R"(["5.000"])");
}

TEST(Projection, CastsTimesAndMakesThoseNullThatAFinerUnitHasNoRoomFor) {
  const auto ms = arrow::timestamp(TimeUnit::MILLI), ns = arrow::timestamp(TimeUnit::NANO);
  ExpectCast(ms, "[1, -1, null]", ns, ns, "[1000000, -1000000, null]");
  ExpectCast(ms, "[9223372036855, 2]", ns, ns, "[null, 2000000]", /*out_of_range=*/1);
  ExpectCast(arrow::date32(), "[1, -1]", ms, ms, "[86400000, -86400000]");
  ExpectCast(arrow::date32(), "[2932896]", ns, ns, "[null]", /*out_of_range=*/1);
  ExpectCast(arrow::time32(TimeUnit::MILLI), "[5]", arrow::time64(TimeUnit::MICRO),
             arrow::time64(TimeUnit::MICRO), "[5000]");
  ExpectCast(arrow::time64(TimeUnit::MICRO), "[5, null]", arrow::time64(TimeUnit::NANO),
             arrow::utf8(), R"(["00:00:00.000005000", null])");
  ExpectCast(arrow::time32(TimeUnit::MILLI), "[86399999]", arrow::time64(TimeUnit::NANO),
             arrow::utf8(), R"(["23:59:59.999000000"])");
  ExpectCast(arrow::duration(TimeUnit::MILLI), "[5]", arrow::duration(TimeUnit::NANO),
             arrow::int64(), "[5000000]");
}

TEST(Projection, CastsBytesAndNullTypedColumns) {
  ExpectCast(arrow::fixed_size_binary(2), R"(["ab", null])", arrow::binary(), arrow::binary(),
             R"(["ab", null])");
  ExpectCast(arrow::null(), "[null, null]", arrow::int8(), arrow::int8(), "[null, null]");
  ExpectCast(arrow::list(arrow::null()), "[[null], []]", arrow::list(arrow::int8()),
             arrow::list(arrow::int8()), "[[null], []]");
}

TEST(Projection, CastsInsideOfListsStructsAndMaps) {
  const auto narrow = arrow::struct_({field("a", arrow::int8())});
  const auto wide = arrow::struct_({field("b", arrow::utf8()), field("A", arrow::int16())});
  const auto both = arrow::struct_({field("a", arrow::int16()), field("b", arrow::utf8())});
  ExpectCast(narrow, R"([{"a": 1}, null, {"a": 3}])", wide, both,
             R"([{"a": 1, "b": null}, null, {"a": 3, "b": null}])");
  ExpectCast(arrow::list(narrow), R"([[{"a": 1}], null, [{"a": 2}, null], []])", arrow::list(wide),
             arrow::list(both),
             R"([[{"a": 1, "b": null}], null, [{"a": 2, "b": null}, null], []])");
  ExpectCast(arrow::map(arrow::utf8(), arrow::int8()), R"([[["k", 1]], null, [["l", null]]])",
             arrow::map(arrow::utf8(), arrow::int64()), arrow::map(arrow::utf8(), arrow::int64()),
             R"([[["k", 1]], null, [["l", null]]])");
}

TEST(Projection, AnObjectThatDoesNotFitIsRefusedAndAllThatIsWrongIsNamed) {
  const auto table =
      TableOf({arrow::schema({field("a", arrow::int8()), field("b", arrow::utf8())})});
  const auto read = arrow::schema(
      {field("a", arrow::int16()), field("b", arrow::utf8()), field("c", arrow::utf8())});
  const auto projection = Make(read, table);
  EXPECT_THAT(projection, IsError(ErrorKind::kConfig));
  EXPECT_THAT(projection, HasMessage("column \"a\" is int16 where the table has int8; column \"c\" "
                                     "is utf8 where the table has no such column"));
  EXPECT_THAT(Make(read, table, /*has_rows=*/false), IsOk());
}

// Objects of `read` in the table of these schemas, whose types `types` decides.
struct Typed {
  TableSchema schema;
  std::shared_ptr<const Projection> projection;

  Typed(const std::vector<SchemaPtr>& all, const std::map<std::string, std::string>& types,
        SchemaMode mode = SchemaMode::kEvolve, bool rescue = false)
      : schema("t", {.mode = mode, .types = MakeColumnTypes(types), .rescue = rescue}) {
    std::vector<SchemaSource> sources;
    for (const SchemaPtr& one : all) sources.push_back({.columns = Described(one), .key = "k"});
    EXPECT_THAT(schema.Unite(sources), IsOk());
    auto fit = schema.Fit("k", all.back(), /*has_rows=*/true);
    EXPECT_THAT(fit, IsOk());
    projection = *fit;
  }
};

TEST(Projection, TypesDecideAboutColumnsWhateverTheObjectsHave) {
  const auto price = arrow::struct_({field("price", arrow::float64()), field("n", arrow::int8())});
  const auto read = arrow::schema({field("code", arrow::int64()), field("order", price)});
  const auto other = arrow::schema({field("code", arrow::utf8())});
  for (const SchemaMode mode : {SchemaMode::kEvolve, SchemaMode::kStrict}) {
    const auto all = mode == SchemaMode::kEvolve ? std::vector{other, read} : std::vector{read};
    const Typed typed(all, {{"CODE", "text"}, {"order.price", "decimal(9,2)"}}, mode);
    EXPECT_FALSE(typed.projection->identity());
    const auto orders = Json(price, R"([null, {"price": 1.5, "n": 1}, {"price": null, "n": 2}])");
    const auto rows =
        Converted(*typed.projection, read, {Json(arrow::int64(), "[1, 2, null]"), orders});
    EXPECT_TRUE(rows->column(0)->Equals(*Json(arrow::utf8(), R"(["1", "2", null])")));
    const auto decimal =
        arrow::struct_({field("price", arrow::decimal128(9, 2)), field("n", arrow::int8())});
    EXPECT_TRUE(rows->column(1)->Equals(
        *Json(decimal, R"([null, {"price": "1.50", "n": 1}, {"price": null, "n": 2}])")));
    EXPECT_THAT(typed.schema.types_found(), ::testing::ElementsAre(true, true));
  }
}

arrow::Status ErrorOf(const Projection& projection, formats::RowBatch batch) {
  cloudquery::ConvertStats stats;
  return projection.Convert(batch, &stats, arrow::default_memory_pool()).status();
}

TEST(Projection, AValueThatDoesNotFitIsMalformedAndNamedByColumnRowAndType) {
  const auto read = arrow::schema({field("a", arrow::utf8()), field("b", arrow::int64())});
  const Typed typed({read}, {{"a", "int64"}, {"b", "int8"}});
  const auto batch = arrow::RecordBatch::Make(
      read, 3,
      {Json(arrow::utf8(), R"(["1", "2", "secret"])"), Json(arrow::int64(), "[1, 1000, 2]")});
  const auto failed = ErrorOf(*typed.projection, {.rows = batch, .first_row = 40});
  EXPECT_THAT(failed, IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(failed,
              HasMessage("column \"b\", row 41: a value of type int64 does not fit the type "
                         "of the column. Correct the object, set a type that holds the "
                         "value in types, or set rescue: true"));
}

TEST(Projection, WhatAFormatFindsNotToFitIsMalformed) {
  const auto read = arrow::schema({field("a", arrow::utf8()), field("n", arrow::int64())});
  const Typed typed({read}, {});
  ASSERT_TRUE(typed.projection->identity());
  formats::RowBatch batch{
      .rows = arrow::RecordBatch::Make(
          read, 3,
          {Json(arrow::utf8(), R"(["x", "y", "z"])"), Json(arrow::int64(), "[1, null, 3]")}),
      .misfits = {{.column = 1, .rows = {1}, .values = Json(arrow::utf8(), R"(["seven"])")}},
      .place_of = [](int64_t row) { return "line " + std::to_string(row + 2); }};
  const std::string why =
      ": a value of type utf8 does not fit the type of the column. Correct the object, set a "
      "type that holds the value in types, set infer: full, or set rescue: true";
  EXPECT_THAT(ErrorOf(*typed.projection, batch), HasMessage("column \"n\", line 3" + why));
  EXPECT_THAT(ErrorOf(*typed.projection, formats::WithoutFirst(1, batch)),
              HasMessage("column \"n\", line 3" + why));
  EXPECT_THAT(ErrorOf(*typed.projection, formats::WithoutFirst(2, batch)), IsOk());
}

// The rows of an object that comes after one of another schema, with what does not fit rescued.
std::shared_ptr<arrow::RecordBatch> Rescued(const SchemaPtr& first, const SchemaPtr& read,
                                            const arrow::ArrayVector& columns,
                                            const std::map<std::string, std::string>& types = {}) {
  const Typed typed({first, read}, types, SchemaMode::kEvolve, /*rescue=*/true);
  return Converted(*typed.projection, read, columns);
}

std::vector<std::string> TextsOf(const arrow::Array& array) {
  std::vector<std::string> texts;
  for (int64_t i = 0; i < array.length(); ++i) {
    texts.push_back(array.IsNull(i) ? "" : (*array.GetScalar(i))->ToString());
  }
  return texts;
}

TEST(Projection, RescuesTheValuesOfATypeThatHasNothingInCommonWithTheFirst) {
  const auto rows =
      Rescued(arrow::schema({field("a", arrow::int64()), field("B", arrow::utf8())}),
              arrow::schema({field("A", arrow::utf8()), field("b", arrow::list(arrow::int8()))}),
              {Json(arrow::utf8(), R"(["7", "\"x", null])"),
               Json(arrow::list(arrow::int8()), "[[1, null], null, null]")});
  EXPECT_THAT(rows->schema()->field_names(), ::testing::ElementsAre("a", "B", "_rescued"));
  EXPECT_EQ(rows->column(0)->null_count(), 3);
  EXPECT_EQ(rows->column(1)->null_count(), 3);
  EXPECT_THAT(TextsOf(*rows->column(2)),
              ::testing::ElementsAre(R"({"a":"7","B":[1,null]})", R"({"a":"\"x"})", ""));
}

TEST(Projection, RescuesSingleValuesThatDoNotFitTheTypeThatWasGiven) {
  const auto read = arrow::schema({field("a", arrow::utf8()), field("_rescued", arrow::int8())});
  const auto rows = Rescued(
      read, read, {Json(arrow::utf8(), R"(["7", "x", null])"), Json(arrow::int8(), "[1, 2, 3]")},
      {{"a", "int64"}});
  EXPECT_TRUE(rows->column(0)->Equals(*Json(arrow::int64(), "[7, null, null]")));
  EXPECT_THAT(rows->schema()->field(1)->name(), ::testing::StartsWith("_rescued_"));
  EXPECT_THAT(TextsOf(*rows->column(2)), ::testing::ElementsAre("", R"({"a":"x"})", ""));
}

TEST(Projection, RescuesFieldsOfStructsUnderTheirNamesWithDots) {
  const auto one = arrow::struct_({field("x", arrow::int8()), field("y", arrow::int8())});
  const auto other = arrow::struct_({field("y", arrow::int8()), field("x", arrow::utf8())});
  const auto rows = Rescued(arrow::schema({field("s", one), field("s.x", arrow::int8())}),
                            arrow::schema({field("s", other), field("s.x", arrow::utf8())}),
                            {Json(other, R"([{"x": "a", "y": 1}, null, {"x": null, "y": 2}])"),
                             Json(arrow::utf8(), R"(["b", "c", null])")});
  EXPECT_TRUE(
      rows->column(0)->Equals(*Json(one, R"([{"x": null, "y": 1}, null, {"x": null, "y": 2}])")));
  EXPECT_THAT(TextsOf(*rows->column(2)),
              ::testing::ElementsAre(R"({"s.x":"a","s.x_1":"b"})", R"({"s.x_1":"c"})", ""));
}

TEST(Projection, RescuesTimesThatAFinerUnitHasNoRoomFor) {
  const auto rows = Rescued(arrow::schema({field("t", arrow::timestamp(TimeUnit::NANO))}),
                            arrow::schema({field("t", arrow::timestamp(TimeUnit::MILLI))}),
                            {Json(arrow::timestamp(TimeUnit::MILLI), "[1, 253370764800000]")});
  EXPECT_TRUE(rows->column(0)->Equals(*Json(arrow::timestamp(TimeUnit::NANO), "[1000000, null]")));
  EXPECT_THAT(TextsOf(*rows->column(1)),
              ::testing::ElementsAre("", R"({"t":"9999-01-01T00:00:00.000"})"));
}

TEST(Projection, RescuesWhatAFormatOrTheKeyFindsNotToFit) {
  const auto read = arrow::schema({field("a", arrow::utf8()), field("n", arrow::int64())});
  const Typed typed({read}, {}, SchemaMode::kEvolve, /*rescue=*/true);
  const formats::RowBatch batch{
      .rows = arrow::RecordBatch::Make(
          read, 3,
          {Json(arrow::utf8(), R"(["x", "y", "z"])"), Json(arrow::int64(), "[1, null, null]")}),
      .misfits = {{.column = 1, .rows = {1, 2}, .values = Json(arrow::utf8(), R"(["a", "b"])")}}};
  cloudquery::ConvertStats stats;
  const auto rescued = [&](std::string_view of_key) {
    const auto rows =
        typed.projection->Convert(batch, &stats, arrow::default_memory_pool(), of_key);
    EXPECT_THAT(rows, IsOk());
    return TextsOf(*(*rows)->column(2));
  };
  EXPECT_THAT(rescued(""), ::testing::ElementsAre("", R"({"n":"a"})", R"({"n":"b"})"));
  EXPECT_THAT(
      rescued(R"("dt":"x")"),
      ::testing::ElementsAre(R"({"dt":"x"})", R"({"dt":"x","n":"a"})", R"({"dt":"x","n":"b"})"));
}

TEST(Projection, AnObjectThatWasReplacedFitsWhereItsColumnsAreRescued) {
  const auto first = arrow::schema({field("a", arrow::int8())});
  TableSchema schema("t", {.rescue = true});
  ASSERT_THAT(schema.Unite({{.columns = Described(first), .key = "k"}}), IsOk());
  const auto read = arrow::schema({field("new", arrow::utf8()), field("a", arrow::int64())});
  const auto fit = schema.Fit("k", read, /*has_rows=*/true);
  ASSERT_THAT(fit, IsOk());
  const auto rows =
      Converted(**fit, read, {Json(arrow::utf8(), R"(["x"])"), Json(arrow::int64(), "[1]")});
  EXPECT_EQ(rows->num_columns(), 2);
  EXPECT_THAT(TextsOf(*rows->column(1)), ::testing::ElementsAre(R"({"a":1,"new":"x"})"));
}

TEST(Projection, HasOnlyTheColumnsThatAreWanted) {
  const auto order = arrow::struct_({field("n", arrow::int8()), field("price", arrow::int8())});
  const auto first = arrow::schema({field("a", arrow::int8()), field("gone", arrow::utf8())});
  const auto read =
      arrow::schema({field("b", arrow::int8()), field("order", order), field("A", arrow::utf8())});
  TableSchema schema(
      "t", {.columns = {"a", "order.price", "none"}, .types = MakeColumnTypes({{"a", "int64"}})});
  ASSERT_THAT(schema.Unite({{.columns = schema.Describe(first), .key = "k"},
                            {.columns = schema.Describe(read), .key = "l"},
                            // What was remembered before only some of the columns were wanted.
                            {.columns = Described(first), .key = "s", .remembered = true}}),
              IsOk());
  EXPECT_THAT(schema.columns_found(), ::testing::ElementsAre(true, true, false));
  EXPECT_THAT(schema.columns().sent->field_names(), ::testing::ElementsAre("a", "order"));
  const auto fit = schema.Fit("l", read, /*has_rows=*/true);
  ASSERT_THAT(fit, IsOk());
  const auto rows = Converted(**fit, read,
                              {Json(arrow::int8(), "[1]"), Json(order, R"([{"n": 1, "price": 2}])"),
                               Json(arrow::utf8(), R"(["7"])")});
  EXPECT_TRUE(rows->column(0)->Equals(*Json(arrow::int64(), "[7]")));
  EXPECT_TRUE(rows->column(1)->Equals(
      *Json(arrow::struct_({field("price", arrow::int8())}), R"([{"price": 2}])")));
  TableSchema none("t", {.columns = {"x", "y"}});
  EXPECT_THAT(none.Unite({{.columns = none.Describe(read), .key = "k"}}),
              HasMessage("table \"t\": none of its objects has any of the columns that are to be "
                         "read: \"x\", \"y\". Correct their names in columns"));
}

}  // namespace
}  // namespace source
