#include "cloudquery/server/table_docs.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "arrow/type.h"

namespace cloudquery {
namespace {

using Json = nlohmann::json;

std::vector<Table> ParentAndChild() {
  Table parent, child;
  parent.name = "orders";
  parent.title = "Orders";
  parent.incremental = true;
  parent.columns = {{.field = arrow::field("id", arrow::int64(), false), .primary_key = true},
                    {.field = arrow::field("name", arrow::utf8())}};
  child.name = "lines";
  child.depends_on = "orders";
  return {parent, child};
}

TEST(TableDocsJson, NestsRelationsAndOmitsWhatIsEmptyAsTheCliDoes) {
  EXPECT_EQ(Json::parse(TableDocsJson(ParentAndChild())), Json::parse(R"([{
      "name": "orders", "title": "Orders", "description": "", "is_incremental": true,
      "columns": [{"name": "id", "type": "int64", "is_primary_key": true},
                  {"name": "name", "type": "utf8"}],
      "relations": [{"name": "lines", "title": "", "description": "", "columns": [],
                     "relations": []}]}])"));
}

TEST(TableDocsJson, OfAKeyOfComponentsNamesTheComponents) {
  Table table;
  table.name = "t";
  table.columns = {{.field = arrow::field("_cq_id", arrow::utf8()), .primary_key = true},
                   {.field = arrow::field("a", arrow::utf8()), .primary_key_component = true}};
  const Json columns = Json::parse(TableDocsJson({table}))[0]["columns"];
  EXPECT_FALSE(columns[0].contains("is_primary_key"));
  EXPECT_EQ(columns[1]["is_primary_key"], true);
  EXPECT_EQ(columns[1]["is_primary_key_component"], true);
}

TEST(TablesJson, NamesRelationsAndSaysWhatIsFalse) {
  const Json tables = Json::parse(TablesJson(ParentAndChild()));
  EXPECT_EQ(tables[0]["relations"], Json::parse(R"(["lines"])"));
  EXPECT_EQ(tables[0]["is_paid"], false);
  EXPECT_EQ(tables[0]["columns"][0]["not_null"], true);
  EXPECT_EQ(tables[1]["parent"], "orders");
}

}  // namespace
}  // namespace cloudquery
