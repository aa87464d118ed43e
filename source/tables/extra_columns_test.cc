#include "source/tables/extra_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/array.h"
#include "arrow/array/util.h"
#include "arrow/scalar.h"
#include "base/testing.h"
#include "cloudquery/types/described_columns.h"

namespace source {
namespace {

using base::HasMessage;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const s3::ObjectInfo kObject{.key = "in/eu/dt=2024/x\xFF",
                             .size_bytes = 77,
                             .etag = "\"abc-1\"",
                             .last_modified = s3::Timestamp(std::chrono::milliseconds(1500))};

ExtraColumns Extras(std::vector<std::string> path, const std::vector<std::string>& metadata) {
  const auto rules = *TableRules::Make({.hive_partitioning = true,
                                        .metadata_columns = metadata,
                                        .datasets = {{.table = "t", .match = {"in/{place}/**"}}}},
                                       formats::FindFormat("parquet"));
  return {.rules = rules, .path_columns = std::move(path), .metadata = rules->metadata(0)};
}

std::shared_ptr<arrow::RecordBatch> Batch(const std::vector<std::string>& names, int64_t rows) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const std::string& name : names) {
    fields.push_back(arrow::field(name, arrow::int64()));
    columns.push_back(*arrow::MakeArrayFromScalar(arrow::Int64Scalar(5), rows));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), rows, columns);
}

std::vector<std::string> Names(const arrow::Schema& schema) { return schema.field_names(); }

TEST(ExtraColumns, ComeAfterTheDataCapturesFirstThenPartitionsThenMetadata) {
  std::vector<std::string> warnings;
  const auto extender = RowExtender::Make(
      Extras({"place", "dt", "gone"}, {"row", "size", "etag", "last_modified", "key"}),
      *Batch({"n"}, 0)->schema(), &warnings);
  EXPECT_THAT(warnings, IsEmpty());
  auto values = extender->ValuesOf(kObject).ValueOrDie();
  const auto batch = Batch({"n"}, 2);
  const auto rows = *values.Extend(*batch, 40, arrow::default_memory_pool());
  ASSERT_TRUE(rows->ValidateFull().ok());
  const auto schema = arrow::schema(
      {arrow::field("n", arrow::int64()), arrow::field("place", arrow::utf8()),
       arrow::field("dt", arrow::utf8()), arrow::field("gone", arrow::utf8()),
       arrow::field("_s3_key", arrow::utf8()),
       arrow::field("_s3_last_modified", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
       arrow::field("_s3_etag", arrow::utf8()), arrow::field("_s3_size", arrow::int64()),
       arrow::field("_s3_row", arrow::int64())});
  EXPECT_TRUE(rows->schema()->Equals(schema)) << rows->schema()->ToString();
  const auto text = [&](int column) {
    return std::static_pointer_cast<arrow::StringArray>(rows->column(column))->GetString(1);
  };
  EXPECT_EQ(text(1), "eu");
  EXPECT_EQ(text(2), "2024");
  EXPECT_TRUE(rows->column(3)->IsNull(1));
  EXPECT_EQ(text(4), "in/eu/dt=2024/x\uFFFD");
  EXPECT_EQ(std::static_pointer_cast<arrow::TimestampArray>(rows->column(5))->Value(1), 1'500'000);
  EXPECT_EQ(text(6), "abc-1");
  EXPECT_EQ(std::static_pointer_cast<arrow::Int64Array>(rows->column(7))->Value(1), 77);
  EXPECT_EQ(std::static_pointer_cast<arrow::Int64Array>(rows->column(8))->Value(0), 40);
  EXPECT_EQ(std::static_pointer_cast<arrow::Int64Array>(rows->column(8))->Value(1), 41);
}

TEST(ExtraColumns, OfTheKeyHaveTheTypesThatTheyAreGiven) {
  std::vector<std::string> warnings;
  ExtraColumns extras = Extras({"place", "dt", "gone"}, {});
  extras.types =
      MakeColumnTypes({{"DT", "decimal(9,2)"}, {"gone", "timestamp"}, {"place", "json"}});
  EXPECT_TRUE(extras.has("Dt"));
  EXPECT_FALSE(extras.has("n"));
  const auto extender = RowExtender::Make(extras, *Batch({"n"}, 0)->schema(), &warnings);
  EXPECT_THAT(extender->ValuesOf(kObject), base::IsError(base::ErrorKind::kCorrupt)) << "eu";
  EXPECT_THAT(
      extender->ValuesOf(kObject),
      HasMessage("column \"place\": the text that the key has for it does not fit json. Set "
                 "a type that holds the text in types, or set rescue: true"));
  ExtraColumns rescuing = extras;
  rescuing.rescue = true;
  const auto other = RowExtender::Make(rescuing, *Batch({"n"}, 0)->schema(), &warnings);
  EXPECT_EQ(other->ValuesOf(kObject)->rescued(), R"("place":"eu")");
  s3::ObjectInfo object = kObject;
  object.key = "in/7/dt=2024/x";
  auto values = extender->ValuesOf(object).ValueOrDie();
  const auto rows = *values.Extend(*Batch({"n"}, 2), 0, arrow::default_memory_pool());
  ASSERT_TRUE(rows->ValidateFull().ok());
  EXPECT_EQ(cloudquery::DescribedTypeText(*rows->schema()->field(1)), "json");
  EXPECT_EQ(rows->schema()->field(2)->type()->ToString(), "decimal128(9, 2)");
  EXPECT_EQ(rows->schema()->field(3)->type()->ToString(), "timestamp[us, tz=UTC]");
  EXPECT_EQ((*rows->column(1)->GetScalar(1))->ToString(), "7");
  EXPECT_EQ((*rows->column(2)->GetScalar(1))->ToString(), "2024.00");
  EXPECT_TRUE(rows->column(3)->IsNull(1));
}

TEST(ExtraColumns, BatchesOfAnyLengthMayFollowEachOther) {
  std::vector<std::string> warnings;
  const auto extender =
      RowExtender::Make(Extras({"place"}, {"row"}), *Batch({"n"}, 0)->schema(), &warnings);
  auto values = extender->ValuesOf(kObject).ValueOrDie();
  int64_t first = 0;
  for (const int64_t length : {3, 1, 7, 0, 2}) {
    const auto rows = *values.Extend(*Batch({"n"}, length), first, arrow::default_memory_pool());
    EXPECT_TRUE(rows->ValidateFull().ok());
    EXPECT_EQ(rows->num_rows(), length);
    EXPECT_EQ(rows->column(1)->length(), length);
    first += length;
  }
}

TEST(ExtraColumns, AColumnOfTheDataGivesWayToOneOfTheKeyWhateverItsCase) {
  std::vector<std::string> warnings;
  const auto extender =
      RowExtender::Make(Extras({"dt"}, {}), *Batch({"a", "DT", "b"}, 0)->schema(), &warnings);
  EXPECT_THAT(Names(*extender->schema()), ElementsAre("a", "b", "dt"));
  EXPECT_THAT(warnings, IsEmpty());
  auto values = extender->ValuesOf(kObject).ValueOrDie();
  const auto batch = Batch({"a", "DT", "b"}, 1);
  EXPECT_EQ((*values.Extend(*batch, 0, arrow::default_memory_pool()))->num_columns(), 3);
  EXPECT_THAT(extender->differing(), ElementsAre("DT")) << "5 is not 2024";
}

TEST(ExtraColumns, AColumnThatDiffersFromTheKeyInItsTypeAloneDoesNotDiffer) {
  const auto differs = [](const std::string& dt, const std::shared_ptr<arrow::Scalar>& value) {
    std::vector<std::string> warnings;
    const auto schema = arrow::schema({arrow::field("dt", value->type)});
    const auto extender = RowExtender::Make(Extras({"dt"}, {}), *schema, &warnings);
    s3::ObjectInfo object = kObject;
    object.key = "in/eu/dt=" + dt + "/x";
    auto values = extender->ValuesOf(object).ValueOrDie();
    const auto batch =
        arrow::RecordBatch::Make(schema, 2, {*arrow::MakeArrayFromScalar(*value, 2)});
    EXPECT_TRUE(values.Extend(*batch, 0, arrow::default_memory_pool()).ok());
    return !extender->differing().empty();
  };
  EXPECT_FALSE(differs("20240101", std::make_shared<arrow::Int64Scalar>(20240101)));
  EXPECT_FALSE(differs("01", std::make_shared<arrow::Int8Scalar>(1)));
  EXPECT_FALSE(differs("1970-01-02", std::make_shared<arrow::Date32Scalar>(1)));
  EXPECT_FALSE(differs("a%20b", std::make_shared<arrow::StringScalar>("a b")));
  EXPECT_FALSE(differs("x", arrow::MakeNullScalar(arrow::int8())));
  EXPECT_TRUE(differs("2", std::make_shared<arrow::Int8Scalar>(1)));
  EXPECT_TRUE(differs("x", std::make_shared<arrow::StringScalar>("y")));
  EXPECT_TRUE(differs("__HIVE_DEFAULT_PARTITION__", std::make_shared<arrow::Int8Scalar>(1)));
}

TEST(ExtraColumns, AColumnOfTheDataNamedLikeAMetadataColumnIsRenamed) {
  std::vector<std::string> warnings;
  const auto extender = RowExtender::Make(
      Extras({}, {"key"}), *Batch({"_cq_id", "_s3_key", "_s3_row"}, 0)->schema(), &warnings);
  // printf _s3_key | sha256sum
  EXPECT_THAT(Names(*extender->schema()),
              ElementsAre("_cq_id", "_s3_key_00a74300", "_s3_row", "_s3_key"));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("column \"_s3_key\" is sent as \"_s3_key_")));
}

TEST(ExtraColumns, APartitionOfANameThatNoColumnMayHaveIsRenamed) {
  std::vector<std::string> warnings;
  const auto extender =
      RowExtender::Make(Extras({"_cq_id", "_s3_key"}, {"key"}), *Batch({}, 0)->schema(), &warnings);
  const auto names = Names(*extender->schema());
  ASSERT_EQ(names.size(), 3u);
  EXPECT_THAT(names[0], testing::StartsWith("_cq_id_"));
  EXPECT_THAT(names[1], testing::StartsWith("_s3_key_"));
  EXPECT_EQ(names[2], "_s3_key");
}

TEST(ExtraColumns, LongValuesAreRepeatedForFewerRowsAtOnce) {
  std::vector<std::string> warnings;
  const auto extender =
      RowExtender::Make(Extras({}, {"key"}), *Batch({"n"}, 0)->schema(), &warnings);
  s3::ObjectInfo object = kObject;
  object.key = "in/eu/" + std::string(1000, 'x');
  EXPECT_GT(extender->ValuesOf(kObject).ValueOrDie().RowsWithin(1 << 20), 20'000);
  EXPECT_LT(extender->ValuesOf(object).ValueOrDie().RowsWithin(1 << 20), 1'100);
  EXPECT_EQ(extender->ValuesOf(object).ValueOrDie().RowsWithin(0), 1);
}

}  // namespace
}  // namespace source
