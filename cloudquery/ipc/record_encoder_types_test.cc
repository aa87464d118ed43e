// Every type that the normaliser sends, in arrays that begin anywhere in their buffers.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "arrow/array.h"
#include "arrow/array/util.h"
#include "arrow/extension/uuid.h"
#include "arrow/util/key_value_metadata.h"
#include "cloudquery/testing/convert_testing.h"
#include "cloudquery/testing/record_encoder_testing.h"
#include "cloudquery/types/extension_types.h"

namespace cloudquery {
namespace {

using arrow::field;
using arrow::TimeUnit;

constexpr int64_t kRows = 67;

struct Sample {
  std::shared_ptr<arrow::Field> field;
  std::vector<std::string> values;  // JSON; repeated to fill the rows
};

Sample Of(std::shared_ptr<arrow::DataType> type, std::vector<std::string> values) {
  return {field("c", std::move(type)), std::move(values)};
}

const std::vector<Sample>& Columns() {
  static const std::string uuid = "\"0123456789abcdef\"";
  static const auto pair = arrow::struct_({field("n", arrow::int16()), field("t", arrow::utf8())});
  static const std::vector<Sample> columns = {
      Of(arrow::boolean(), {"true", "false", "true", "true", "null"}),
      Of(arrow::int8(), {"-1", "2", "null"}),
      Of(arrow::uint16(), {"1", "65535"}),
      Of(arrow::int32(), {"-7", "null", "9", "10"}),
      Of(arrow::int64(), {"null", "null", "9223372036854775807"}),
      Of(arrow::uint64(), {"18446744073709551615", "0"}),
      Of(arrow::float32(), {"1.5", "null"}),
      Of(arrow::float64(), {"-2.25", "3"}),
      Of(arrow::decimal128(10, 2), {"\"123.45\"", "null"}),
      Of(arrow::decimal256(50, 3), {"\"1.000\"", "\"-2.500\"", "null"}),
      Of(arrow::utf8(), {"\"\"", "\"a\"", "null", "\"longer than that\""}),
      Of(arrow::binary(), {"\"xyz\"", "null", "\"\""}),
      Of(arrow::large_utf8(), {"\"a\"", "null", "\"bcd\""}),
      Of(arrow::fixed_size_binary(3), {"\"abc\"", "null"}),
      Of(arrow::date32(), {"1", "null", "20000"}),
      Of(arrow::time32(TimeUnit::MILLI), {"1", "null"}),
      Of(arrow::time64(TimeUnit::MICRO), {"86399999999", "null"}),
      Of(arrow::timestamp(TimeUnit::MICRO, "UTC"), {"1600000000000000", "null", "0"}),
      Of(arrow::timestamp(TimeUnit::NANO), {"5", "6"}),
      Of(arrow::utf8(), {"null"}),
      Of(arrow::int64(), {"null"}),
      Of(arrow::boolean(), {"null"}),
      Of(arrow::list(field("item", arrow::int64())), {"[1, null, 3]", "[]", "null", "[4]"}),
      Of(arrow::list(field("item", arrow::utf8())), {"null", "[]"}),
      Of(arrow::list(field("item", arrow::boolean())), {"[true]", "[false, null, true]", "null"}),
      Of(arrow::list(arrow::list(arrow::utf8())), {"[[\"a\", null], []]", "null", "[null]"}),
      Of(arrow::large_list(arrow::int8()), {"[1]", "null", "[2, 3]"}),
      Of(arrow::fixed_size_list(arrow::int16(), 2), {"[1, 2]", "null", "[null, 4]"}),
      Of(arrow::struct_({field("b", arrow::boolean()), field("p", pair)}),
         {R"({"b": true, "p": {"n": 1, "t": "x"}})", "null", R"({"b": null, "p": null})"}),
      Of(arrow::list(field("item", pair)), {R"([{"n": 1, "t": "x"}, null])", "[]", "null"}),
      Of(arrow::map(arrow::utf8(), arrow::int64()), {R"([["k", 1], ["l", null]])", "null", "[]"}),
      Of(arrow::map(arrow::utf8(), pair), {R"([["k", {"n": 1, "t": null}]])", "[]"}),
      {UuidField("c"), {uuid, "null", uuid}},
      {UuidField("c")->WithNullable(false), {uuid}},
      {JsonField("c"), {R"("{\"a\":1}")", "null", R"("[]")"}},
      Of(arrow::list(JsonField("item")), {R"(["1", null])", "null"}),
      Of(arrow::struct_({UuidField("id")}), {"{\"id\": " + uuid + "}", "null"}),
  };
  return columns;
}

ArrayPtr ArrayOf(const Sample& column) {
  std::string json;
  for (int64_t i = 0; i < kRows; ++i) {
    json += (i == 0 ? "[" : ", ") + column.values[static_cast<size_t>(i) % column.values.size()];
  }
  return FromJson(column.field->type(), json + "]");
}

std::shared_ptr<arrow::Schema> SchemaOf(const std::shared_ptr<arrow::Field>& column) {
  return arrow::schema({column}, arrow::key_value_metadata({"cq:table_name"}, {"t"}));
}

// Parts of `array` from any bit of a byte on, each cut into records at all kinds of places.
void ExpectSurvives(const std::shared_ptr<arrow::Field>& column, const ArrayPtr& array) {
  SCOPED_TRACE(column->ToString(/*show_metadata=*/true));
  const auto schema = SchemaOf(column);
  for (int64_t offset = 0; offset < 19; ++offset) {
    for (const int64_t max_rows : {int64_t{1}, int64_t{5}, int64_t{8}, kRows}) {
      const auto part = array->Slice(offset, array->length() - offset - offset % 3);
      const auto batch = arrow::RecordBatch::Make(schema, part->length(), {part});
      ExpectSameRows(EncodeAndDecode(schema, *batch, {.max_rows = max_rows}), *batch);
    }
  }
}

TEST(RecordTypes, EverySentTypeSurvives) {
  for (const Sample& column : Columns()) ExpectSurvives(column.field, ArrayOf(column));
}

TEST(RecordTypes, SurviveAsChildrenThatBeginWithinTheirBuffers) {
  for (const Sample& column : Columns()) {
    const auto child = ArrayOf(column)->Slice(3);
    const auto in_struct =
        arrow::StructArray::Make({child}, arrow::FieldVector{column.field->WithNullable(true)});
    ExpectSurvives(field("s", (*in_struct)->type()), *in_struct);
    const auto offsets = FromJson(arrow::int32(),
                                  "[0, 2, 2, 9, 12, 13, 20, 21, 21, 21, 30, 31, 33,"
                                  " 34, 40, 41, 42, 43, 50, 51, 52, 53, 60]");
    const auto in_list = arrow::ListArray::FromArrays(*offsets, *child);
    ExpectSurvives(field("l", (*in_list)->type()), *in_list);
  }
}

TEST(RecordTypes, AllColumnsAtOnceSurvive) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const Sample& column : Columns()) {
    fields.push_back(column.field->WithName("c" + std::to_string(fields.size())));
    arrays.push_back(ArrayOf(column));
  }
  const auto schema = arrow::schema(fields);
  const auto batch = arrow::RecordBatch::Make(schema, kRows, arrays)->Slice(5);
  for (const int64_t max_rows : {1, 7, 500}) {
    ExpectSameRows(EncodeAndDecode(schema, *batch, {.max_rows = max_rows}), *batch);
  }
}

TEST(RecordTypes, ArrowsExtensionArraysAreTheirStorage) {
  const auto storage = FromJson(arrow::fixed_size_binary(16), R"(["0123456789abcdef", null])");
  const auto ids = arrow::ExtensionType::WrapArray(arrow::extension::uuid(), storage);
  const auto schema = arrow::schema({field("id", ids->type())});
  const auto batch = arrow::RecordBatch::Make(schema, 2, {ids});
  ExpectSameRows(EncodeAndDecode(schema, *batch, {.max_rows = 1}), *batch);
}

TEST(RecordTypes, ABatchWithoutColumnsSurvives) {
  const auto schema = arrow::schema(arrow::FieldVector{});
  const auto batch = arrow::RecordBatch::Make(schema, 3, arrow::ArrayVector{});
  ExpectSameRows(EncodeAndDecode(schema, *batch, {.max_rows = 2}), *batch);
}

}  // namespace
}  // namespace cloudquery
