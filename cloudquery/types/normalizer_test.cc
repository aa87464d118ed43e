#include "cloudquery/types/normalizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/extension/uuid.h"
#include "arrow/extension_type.h"
#include "arrow/util/key_value_metadata.h"
#include "base/testing.h"
#include "cloudquery/testing/convert_testing.h"

namespace cloudquery {
namespace {

using arrow::field;
using arrow::schema;
using arrow::TimeUnit;
using base::ErrorKind;
using base::IsError;
using base::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const Normalizer> Make(const arrow::Schema& of) {
  return Normalizer::Make(of, {}).ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> Batch(const std::shared_ptr<arrow::Schema>& of,
                                          arrow::ArrayVector columns) {
  const int64_t rows = columns.empty() ? 0 : columns[0]->length();
  return arrow::RecordBatch::Make(of, rows, std::move(columns));
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ConvertWith(
    const Normalizer& normalizer, const std::shared_ptr<arrow::RecordBatch>& batch,
    ConvertStats* stats = nullptr) {
  ConvertStats ignored;
  return normalizer.Convert(batch, stats ? stats : &ignored, arrow::default_memory_pool());
}

TEST(Normalizer, ASchemaThatIsFineIsAnIdentityThatSharesItsColumns) {
  const auto input =
      schema({field("id", arrow::int64(), /*nullable=*/false), field("s", arrow::utf8()),
              field("l", arrow::list(field("element", arrow::utf8())))},
             arrow::key_value_metadata({"pandas"}, {"{}"}));
  const auto normalizer = Make(*input);
  EXPECT_TRUE(normalizer->identity());
  EXPECT_THAT(normalizer->warnings(), IsEmpty());
  EXPECT_TRUE(
      normalizer->schema()->Equals(*schema({field("id", arrow::int64()), field("s", arrow::utf8()),
                                            field("l", arrow::list(arrow::utf8()))}),
                                   /*check_metadata=*/true));

  const auto batch =
      Batch(input, {FromJson(arrow::int64(), "[1]"), FromJson(arrow::utf8(), R"(["a"])"),
                    FromJson(input->field(2)->type(), R"([["a"]])")});
  const auto converted = ConvertWith(*normalizer, batch);
  ASSERT_THAT(converted, IsOk());
  EXPECT_EQ((*converted)->column(0), batch->column(0));
  EXPECT_EQ((*converted)->column(1), batch->column(1));
  EXPECT_EQ((*converted)->schema(), normalizer->schema());
  EXPECT_TRUE((*converted)->ValidateFull().ok());
}

TEST(Normalizer, RenamedColumnsAreWarnedAbout) {
  const auto normalizer = Make(*schema({field("id", arrow::int8()), field("ID", arrow::int8()),
                                        field("", arrow::int8()), field("id", arrow::int8())}));
  EXPECT_THAT(normalizer->schema()->field_names(),
              ElementsAre("id", "ID_3843971d", "column", "id_a5614527"));
  EXPECT_THAT(
      normalizer->warnings(),
      ElementsAre(
          "column \"ID\" is sent as \"ID_3843971d\": another one has the same name, ignoring case",
          "column \"\" is sent as \"column\": it is empty",
          "column \"id\" is sent as \"id_a5614527\": another one has the same name, ignoring "
          "case"));
  EXPECT_FALSE(normalizer->identity());
}

TEST(Normalizer, RenamedFieldsInsideAColumnAreWarnedAbout) {
  const auto table =
      schema({field("s", arrow::struct_({field("a", arrow::int8()), field("A", arrow::int8())}))});
  EXPECT_THAT(Make(*table)->warnings(),
              ElementsAre("in column \"s\", field \"A\" is sent as \"A_559aead0\": "
                          "another one has the same name, ignoring case"));
  EXPECT_FALSE(Make(*table)->identity());
}

TEST(Normalizer, ColumnsThatTheCliAddsAreDropped) {
  const auto input = schema({field("_cq_sync_time", arrow::timestamp(TimeUnit::MICRO, "UTC")),
                             field("_cq_source_name", arrow::utf8()), field("a", arrow::int8()),
                             field("_cq_sync_group_id", arrow::utf8())});
  const auto normalizer = Make(*input);
  EXPECT_THAT(normalizer->schema()->field_names(), ElementsAre("a"));
  EXPECT_EQ(normalizer->warnings().size(), 3u);
  EXPECT_EQ(normalizer->warnings()[0],
            "column \"_cq_sync_time\" is skipped: CloudQuery adds its own column of that name");
  EXPECT_FALSE(normalizer->identity());
  const auto batch =
      Batch(input, {FromJson(input->field(0)->type(), "[1]"), FromJson(arrow::utf8(), R"(["s"])"),
                    FromJson(arrow::int8(), "[7]"), FromJson(arrow::utf8(), R"(["g"])")});
  const auto converted = ConvertWith(*normalizer, batch);
  ASSERT_THAT(converted, IsOk());
  ASSERT_EQ((*converted)->num_columns(), 1);
  ExpectEqual(*(*converted)->column(0), *FromJson(arrow::int8(), "[7]"));
}

TEST(Normalizer, RowIdsOfEveryTypeThatCanHoldThemComeBackAsUuids) {
  const std::string text = R"(["30313233-3435-3637-3839-616263646566", null, "nonsense"])";
  const std::string raw = R"(["0123456789abcdef", null, null])";
  const auto bytes = FromJson(arrow::fixed_size_binary(16), raw);
  struct Case {
    ArrayPtr ids;
    int64_t invalid;
  };
  const Case cases[] = {
      {FromJson(arrow::utf8(), text), 1},
      {FromJson(arrow::large_utf8(), text), 1},
      {FromJson(arrow::utf8_view(), text), 1},
      {FromJson(arrow::dictionary(arrow::int8(), arrow::utf8()), text), 1},
      {FromJson(arrow::binary(), text), 1},
      {FromJson(arrow::large_binary(), raw), 0},
      {bytes, 0},
      {arrow::ExtensionType::WrapArray(arrow::extension::uuid(), bytes), 0},
  };
  for (const Case& c : cases) {
    for (const std::string name : {"_cq_id", "_cq_parent_id"}) {
      const auto input = schema({field(name, c.ids->type(), /*nullable=*/false)});
      const auto normalizer = Make(*input);
      EXPECT_TRUE(
          normalizer->schema()->Equals(*schema({UuidField(name)}), /*check_metadata=*/true));
      EXPECT_THAT(normalizer->warnings(), IsEmpty());
      ConvertStats stats;
      const auto converted = ConvertWith(*normalizer, Batch(input, {c.ids}), &stats);
      ASSERT_THAT(converted, IsOk());
      ExpectEqual(*(*converted)->column(0), *bytes);
      EXPECT_EQ(stats, ConvertStats{.invalid_ids = c.invalid}) << c.ids->type()->ToString();
    }
  }
}

TEST(Normalizer, RowIdsOfOtherTypesAndSecondOnesAreRenamed) {
  const auto numbers = Make(*schema({field("_cq_id", arrow::int64())}));
  EXPECT_TRUE(numbers->schema()->Equals(*schema({field("_cq_id_99c520c6", arrow::int64())}), true));
  EXPECT_THAT(numbers->warnings(), ElementsAre("column \"_cq_id\" is sent as \"_cq_id_99c520c6\": "
                                               "that name is reserved for CloudQuery"));

  const auto twice = Make(*schema({field("_cq_id", arrow::utf8()), field("_cq_id", arrow::utf8()),
                                   field("_CQ_ID", arrow::utf8())}));
  EXPECT_TRUE(
      twice->schema()->Equals(*schema({UuidField("_cq_id"), field("_cq_id_99c520c6", arrow::utf8()),
                                       field("_CQ_ID_4dcf792e", arrow::utf8())}),
                              true));
}

TEST(Normalizer, ErrorsNameTheColumnAndKeepTheirKind) {
  const auto type = arrow::dictionary(arrow::int8(), arrow::utf8());
  const auto input = schema({field("a", arrow::int8()), field("d", type)});
  const auto broken = std::make_shared<arrow::DictionaryArray>(type, FromJson(arrow::int8(), "[5]"),
                                                               FromJson(arrow::utf8(), R"(["a"])"));
  const auto converted =
      ConvertWith(*Make(*input), Batch(input, {FromJson(arrow::int8(), "[1]"), broken}));
  EXPECT_THAT(converted, IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(converted,
              base::HasMessage("column \"d\": an index is out of the range of its values"));
}

}  // namespace
}  // namespace cloudquery
