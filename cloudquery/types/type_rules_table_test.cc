// docs/types.md is what the rules say. CQ_UPDATE_DOCS=1 in the environment writes the page anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "arrow/extension/json.h"
#include "arrow/extension/opaque.h"
#include "arrow/extension/uuid.h"
#include "base/int96_type.h"
#include "cloudquery/types/type_rules.h"

namespace cloudquery {
namespace {

using arrow::field;
using arrow::TimeUnit;

struct Row {
  /// Empty: no Parquet type; only the Arrow schema that a writer stored in the file tells it.
  std::string parquet;
  std::shared_ptr<arrow::DataType> arrow;
  std::string note = "";
};

std::vector<Row> Rows() {
  const auto point =
      arrow::struct_({field("x", arrow::float64()), field("t", arrow::large_utf8())});
  return {
      {"BOOLEAN", arrow::boolean()},
      {"INT(8), INT(16), INT(32), INT(64)", arrow::int64(), "with the same width"},
      {"UINT(8), UINT(16), UINT(32), UINT(64)", arrow::uint64(),
       "with the same width; the SQLite destination wraps above 2^63-1"},
      {"FLOAT", arrow::float32()},
      {"DOUBLE", arrow::float64()},
      {"FLOAT16", arrow::float16()},
      {"DECIMAL(p, s), p up to 38", arrow::decimal128(10, 2)},
      {"DECIMAL(p, s), p from 39 to 76", arrow::decimal256(50, 2)},
      {"STRING, ENUM", arrow::utf8(), "invalid UTF-8 is replaced by U+FFFD, with a warning"},
      {"JSON", arrow::extension::json(),
       "a value that is not JSON is sent as a JSON string of its text, with a warning"},
      {"BYTE_ARRAY, BSON", arrow::binary()},
      {"FIXED_LEN_BYTE_ARRAY(n)", arrow::fixed_size_binary(8)},
      {"UUID", arrow::extension::uuid()},
      {"DATE", arrow::date32()},
      {"TIME(MILLIS)", arrow::time32(TimeUnit::MILLI)},
      {"TIME(MICROS)", arrow::time64(TimeUnit::MICRO)},
      {"TIME(NANOS)", arrow::time64(TimeUnit::NANO),
       "text with all nine digits, which sorts like the time"},
      {"TIMESTAMP(MILLIS), local", arrow::timestamp(TimeUnit::MILLI)},
      {"TIMESTAMP(MICROS), local", arrow::timestamp(TimeUnit::MICRO)},
      {"TIMESTAMP(NANOS), local", arrow::timestamp(TimeUnit::NANO)},
      {"TIMESTAMP, UTC", arrow::timestamp(TimeUnit::MICRO, "UTC"), "with the same unit"},
      {"INT96", std::make_shared<base::Int96Type>(),
       "rounded down to microseconds, which hold the years 1 to 9999; earlier versions sent "
       "`timestamp[ns]`"},
      {"LIST", arrow::list(field("element", arrow::int64()))},
      {"LIST of LIST", arrow::list(arrow::list(arrow::int64())),
       "a list of lists with `nested_lists: list`"},
      {"MAP", arrow::map(arrow::utf8(), arrow::int64()),
       "also if the file allows entries without keys; an object with such an entry is skipped "
       "with a warning"},
      {"group", point, "names that differ only in case are renamed, with a warning"},
      {"UNKNOWN", arrow::null(), "all values are null"},
      {"", arrow::large_utf8()},
      {"", arrow::utf8_view()},
      {"", arrow::large_binary()},
      {"", arrow::binary_view()},
      {"", arrow::dictionary(arrow::int32(), arrow::utf8()), "the values, whatever their type"},
      {"", arrow::run_end_encoded(arrow::int32(), arrow::int64()),
       "the values, whatever their type"},
      {"", arrow::decimal32(9, 2)},
      {"", arrow::decimal64(18, 2)},
      {"", arrow::decimal128(10, -2), "all digits; text if 76 digits are not enough"},
      {"", arrow::date64(), "the day"},
      {"", arrow::time32(TimeUnit::SECOND)},
      {"", arrow::timestamp(TimeUnit::SECOND)},
      {"", arrow::timestamp(TimeUnit::NANO, "Europe/Paris"), "the same instant"},
      {"", arrow::duration(TimeUnit::NANO), "the number in its unit"},
      {"", arrow::month_interval(), "the number of months"},
      {"", arrow::day_time_interval()},
      {"", arrow::month_day_nano_interval()},
      {"", arrow::large_list(arrow::int64())},
      {"", arrow::fixed_size_list(arrow::int64(), 3)},
      {"", arrow::list_view(arrow::int64())},
      {"", arrow::large_list_view(arrow::int64())},
      {"", arrow::struct_({}), "`{}`"},
      {"", arrow::dense_union({field("a", arrow::int64())}), "the value that it contains"},
      {"", arrow::sparse_union({field("a", arrow::int64())}), "the value that it contains"},
      {"", arrow::extension::opaque(arrow::utf8(), "geometry", "somebody"),
       "its storage type, as for every other extension type"},
  };
}

constexpr char kIntroduction[] =
    R"(# Types

This page lists the type that each column is sent as. Destinations support only some of Arrow's types. A column of
another type is sent as the nearest type that they support, without loss where possible. A column always has the same
type, whatever its values are. The rules also apply inside lists, structs and maps. Every column is nullable.

`uuid` and `json` are CloudQuery's own types. The others are Arrow's. Types without a Parquet type come from files whose
writer stored the Arrow schema in them.

Two types are the same if the "sent as" column of this table is the same for both. Order of columns, nullability, encoding
and metadata do not matter. [schemas.md](schemas.md) describes how objects with different types become one table.

A date, time or decimal that does not fit into the type that is sent becomes null, with a warning. A group that has no
column with values at any depth is dropped, with a warning, since no data is stored for it.

| Parquet | Arrow | sent as | remarks |
|---|---|---|---|
)";

constexpr char kNames[] =
    R"(
## Names of columns
A name of up to 63 bytes that no other column of the table has is sent unchanged. Other names change:

| name in the object | name at the destination |
|---|---|
| longer than 63 bytes, which PostgreSQL would cut | its first bytes, cut at a character, then `_` and 8 hex digits |
| equal to an earlier name, exactly or except for case | the name, `_` and 8 hex digits |
| one of CloudQuery's own names in another case, such as `_CQ_SYNC_TIME` | the name, `_` and 8 hex digits |
| empty | `column`; if that is taken, `column_e3b0c442` |
| with double quotes or control characters, or not UTF-8 | with `_`, or U+FFFD, in their place |

The digits are the first of the SHA-256 of the name in the object. For the third column with the same name, the hash is
of the name, a NUL and 1, and so on. "Earlier" refers to the order of the table's columns, which begins with
those of its oldest object. A name thus depends only on itself and on the columns before it, and a column that is added at the end never
renames another. Each rename is a warning.

Fields inside a column follow the same rules, but can have any length and can have CloudQuery's names. Of names that
differ only in case, the lower-case name stays unchanged, in whatever order they come.
)";

std::string TypeTableMarkdown() {
  std::string page = kIntroduction;
  for (const Row& row : Rows()) {
    const TypeRule rule = RuleFor(*field("x", row.arrow), {});
    page += "| " + row.parquet + " | `" + row.arrow->ToString() + "` | `" + TypeText(rule) +
            "` | " + row.note + " |\n";
  }
  return page + kNames;
}

TEST(TypeTable, ThePageInTheDocsIsWhatTheRulesSay) {
  const std::string path = std::string(CQ_DOCS_DIR) + "/types.md";
  if (std::getenv("CQ_UPDATE_DOCS") != nullptr) std::ofstream(path) << TypeTableMarkdown();
  std::stringstream page;
  page << std::ifstream(path).rdbuf();
  EXPECT_EQ(page.str(), TypeTableMarkdown())
      << path << " is out of date; CQ_UPDATE_DOCS=1 in this test's environment writes it anew";
}

}  // namespace
}  // namespace cloudquery
