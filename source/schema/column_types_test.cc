#include "source/schema/column_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "cloudquery/types/described_columns.h"

namespace source {
namespace {

using arrow::field;

std::string TypeOf(const std::string& name) {
  const auto found = FindColumnType(name);
  return found == nullptr ? "" : cloudquery::DescribedTypeText(*found);
}

TEST(ColumnTypes, HaveTheTypesThatAreSent) {
  EXPECT_EQ(TypeOf("bool"), "bool");
  EXPECT_EQ(TypeOf("uint16"), "uint16");
  EXPECT_EQ(TypeOf("double"), "double");
  EXPECT_EQ(TypeOf("text"), "utf8");
  EXPECT_EQ(TypeOf("json"), "json");
  EXPECT_EQ(TypeOf("uuid"), "uuid");
  EXPECT_EQ(TypeOf("date"), "date32[day]");
  EXPECT_EQ(TypeOf("time"), "time64[us]");
  EXPECT_EQ(TypeOf("timestamp"), "timestamp[us, tz=UTC]");
  EXPECT_EQ(TypeOf("timestamp(ns)"), "timestamp[ns, tz=UTC]");
  EXPECT_EQ(TypeOf("local_timestamp"), "timestamp[us]");
  EXPECT_EQ(TypeOf("local_timestamp(ms)"), "timestamp[ms]");
  EXPECT_EQ(TypeOf("decimal(18,2)"), "decimal128(18, 2)");
  EXPECT_EQ(TypeOf("decimal(38, 0)"), "decimal128(38, 0)");
  EXPECT_EQ(TypeOf("decimal(39,39)"), "decimal256(39, 39)");
}

TEST(ColumnTypes, NoOtherNameIsTaken) {
  for (const char* name :
       {"", "integer", "Bool", "int64 ", "decimal", "decimal(18)", "decimal(0,0)", "decimal(77,0)",
        "decimal(18,2", "decimal(018,2)", "decimal(18,  2)", "decimal(+18,2)", "timestamp(s)",
        "timestamp()", "text(5)", "decimal(2,3)"}) {
    EXPECT_EQ(FindColumnType(name), nullptr) << name;
  }
  EXPECT_EQ(ColumnTypeProblem("int64"), "");
  EXPECT_EQ(ColumnTypeProblem("integer"), "\"integer\" is not a type");
}

TEST(ColumnTypes, ThePatternTakesTheSameNamesButForScales) {
  const std::regex pattern(kColumnTypePattern);
  for (const char* name :
       {"bool", "int8", "uint64", "int24", "text", "decimal(18,2)", "decimal(18, 2)",
        "decimal(76,76)", "decimal(77,0)", "decimal(0,0)", "decimal(07,0)", "timestamp",
        "timestamp(us)", "timestamp(s)", "local_timestamp(ns)", "local_date", "date ", ""}) {
    EXPECT_EQ(std::regex_search(name, pattern), FindColumnType(name) != nullptr) << name;
  }
}

TEST(ColumnTypes, AreGivenToColumnsAndFieldsBelowThem) {
  const auto price = arrow::struct_({field("price", arrow::float64()), field("n", arrow::int8())});
  const auto schema = arrow::schema({field("Id", arrow::int32()), field("order", price),
                                     field("order.n", arrow::int8()), field("x", arrow::utf8())});
  std::vector<bool> found;
  const auto typed = WithColumnTypes(schema,
                                     MakeColumnTypes({{"id", "text"},
                                                      {"order.price", "decimal(9,2)"},
                                                      {"order.n", "int64"},
                                                      {"x.y", "bool"},
                                                      {"order", "json"}}),
                                     &found);
  // `order` comes first, so nothing is below it any more.
  EXPECT_EQ(typed->field(0)->type(), arrow::utf8());
  EXPECT_EQ(typed->field(0)->name(), "Id");
  EXPECT_EQ(cloudquery::DescribedTypeText(*typed->field(1)), "json");
  EXPECT_EQ(typed->field(2)->type(), arrow::int64()) << "a column's whole name comes first";
  EXPECT_TRUE(typed->field(3)->Equals(*schema->field(3)));
  EXPECT_THAT(found, testing::ElementsAre(true, true, true, false, false));

  const auto below = WithColumnTypes(schema, MakeColumnTypes({{"ORDER.Price", "decimal(9,2)"}}));
  EXPECT_EQ(cloudquery::DescribedTypeText(*below->field(1)),
            "struct<price: decimal128(9, 2), n: int8>");
}

}  // namespace
}  // namespace source
