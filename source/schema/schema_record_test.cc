#include "source/schema/schema_record.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "cloudquery/types/described_columns.h"
#include "source/schema/schema_union.h"
#include "source/state/table_state.h"
#include "source/testing/testing.h"

namespace source {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

SchemaRecord Example() {
  const auto plain = arrow::schema(
      {arrow::field("id", arrow::int64()), arrow::field("\xff", arrow::null()),
       arrow::field("p", arrow::struct_({arrow::field("d", arrow::duration(arrow::TimeUnit::NANO)),
                                         arrow::field("e", arrow::null())}))});
  return {.columns = cloudquery::DescribeColumns(*plain, {}),
          .nested_lists = cloudquery::NestedLists::kList};
}

TEST(SchemaRecord, ComesBackAsItWasWithAllThatDescribesItsColumns) {
  const auto text = FormatSchemaRecord(Example());
  ASSERT_THAT(text, IsOk());
  const auto record = ParseSchemaRecord(*text);
  ASSERT_THAT(record, IsOk());
  EXPECT_TRUE(record->columns->Equals(*Example().columns, /*check_metadata=*/true));
  EXPECT_EQ(record->nested_lists, cloudquery::NestedLists::kList);
}

TEST(SchemaRecord, ShowsNamesAndTypes) {
  const auto text =
      FormatSchemaRecord({.columns = arrow::schema({arrow::field("id", arrow::int64())})});
  EXPECT_THAT(*text,
              testing::StartsWith(
                  R"({"version":1,"nested_lists":"json","columns":{"id":"int64"},"schema":")"));
}

TEST(SchemaRecord, WhatIsNotARecordIsRefused) {
  for (const char* text : {"", "[]", "{}", R"({"version": 1})",
                           R"({"version": 1, "nested_lists": "json", "schema": "AAAA"})",
                           R"({"version": 1, "nested_lists": "json", "schema": "%"})",
                           R"({"version": 1, "nested_lists": "x", "schema": ""})"}) {
    EXPECT_THAT(ParseSchemaRecord(text), IsError(ErrorKind::kCorrupt)) << text;
  }
  EXPECT_THAT(ParseSchemaRecord(R"({"version": 2})"), IsError(ErrorKind::kUnsupported));
}

TEST(TableState, KeepsTheSchemaOfEachShardUnlessNestedListsAreSentOtherwise) {
  MemoryState memory;
  const auto store = memory.Open();
  TableState state(*store, "b", "store");
  ASSERT_THAT(state.SaveSchema("t", {.num = 1, .total = 1}, Example()), IsOk());
  ASSERT_THAT(state.SaveSchema("t", {.num = 2, .total = 3}, Example()), IsOk());
  ASSERT_THAT(state.Flush({}), IsOk());
  const auto schemas = state.LoadSchemas("t", cloudquery::NestedLists::kList);
  ASSERT_THAT(schemas, IsOk());
  ASSERT_EQ(schemas->size(), 2u);
  EXPECT_EQ((*schemas)[0].key, "s3/b/t/schema");
  EXPECT_EQ((*schemas)[1].key, "s3/b/t/schema/2-of-3");
  EXPECT_TRUE((*schemas)[0].remembered);
  EXPECT_TRUE(state.LoadSchemas("t", cloudquery::NestedLists::kJson)->empty());
  store->Set("s3/b/t/schema", "broken");
  const auto broken = state.LoadSchemas("t", cloudquery::NestedLists::kList);
  EXPECT_THAT(broken, IsError(ErrorKind::kConfig));
  EXPECT_THAT(base::MessageOf(broken.status()), testing::HasSubstr("\"s3/b/t/schema\""));
}

}  // namespace
}  // namespace source
