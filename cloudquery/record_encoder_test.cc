#include "cloudquery/record_encoder.h"

#include <gtest/gtest.h>

#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/util/key_value_metadata.h"
#include "base/testing.h"

namespace cloudquery {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

const auto kSchema =
    arrow::schema({arrow::field("n", arrow::int64()), arrow::field("s", arrow::utf8())},
                  arrow::key_value_metadata({"cq:table_name"}, {"t"}));

std::shared_ptr<arrow::RecordBatch> Batch(int64_t rows, size_t text_bytes = 3) {
  arrow::Int64Builder numbers;
  arrow::StringBuilder texts;
  for (int64_t i = 0; i < rows; ++i) {
    EXPECT_THAT(i % 7 == 0 ? numbers.AppendNull() : numbers.Append(i), IsOk());
    EXPECT_THAT(texts.Append(std::string(text_bytes, static_cast<char>('a' + i % 26))), IsOk());
  }
  return arrow::RecordBatch::Make(kSchema->RemoveMetadata(), rows,
                                  {*numbers.Finish(), *texts.Finish()});
}

struct Decoded {
  arrow::Status status;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
};

Decoded EncodeAndDecode(const arrow::RecordBatch& batch, const RecordLimits& limits) {
  const auto encoder = *RecordEncoder::Make(kSchema);
  Decoded decoded;
  decoded.status = encoder.Encode(batch, limits, [&](EncodedRecord record) -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto whole, arrow::ConcatenateBuffers(record.pieces));
    EXPECT_EQ(whole->size(), record.size_bytes);
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchStreamReader::Open(
                                           std::make_shared<arrow::io::BufferReader>(whole)));
    EXPECT_TRUE(reader->schema()->Equals(*kSchema, /*check_metadata=*/true));
    ARROW_ASSIGN_OR_RAISE(auto batches, reader->ToRecordBatches());
    EXPECT_EQ(batches.size(), 1u);
    EXPECT_EQ(batches.at(0)->num_rows(), record.rows);
    decoded.batches.push_back(batches.at(0));
    return arrow::Status::OK();
  });
  return decoded;
}

void ExpectSameRows(const Decoded& decoded, const arrow::RecordBatch& batch) {
  ASSERT_THAT(decoded.status, IsOk());
  int64_t row = 0;
  for (const auto& part : decoded.batches) {
    EXPECT_TRUE(part->Equals(*batch.Slice(row, part->num_rows()), /*check_metadata=*/false));
    row += part->num_rows();
  }
  EXPECT_EQ(row, batch.num_rows());
}

TEST(RecordEncoder, CutsBatchesToTheRowsOfARecord) {
  const auto batch = Batch(1207);
  const auto decoded = EncodeAndDecode(*batch, {.max_rows = 500});
  ASSERT_EQ(decoded.batches.size(), 3u);
  EXPECT_EQ(decoded.batches[2]->num_rows(), 207);
  ExpectSameRows(decoded, *batch);
}

TEST(RecordEncoder, EncodesASliceOfALargerBatch) {
  const auto batch = Batch(1000);
  const auto slice = batch->Slice(3, 501);
  ExpectSameRows(EncodeAndDecode(*slice, {.max_rows = 100}), *slice);
}

TEST(RecordEncoder, CutsRecordsByBytesToo) {
  const auto batch = Batch(100, 10'000);
  const auto decoded = EncodeAndDecode(*batch, {.max_rows = 1000, .target_bytes = 100'000});
  EXPECT_GE(decoded.batches.size(), 10u);
  ExpectSameRows(decoded, *batch);
}

TEST(RecordEncoder, ARowAboveTheTargetTravelsAlone) {
  const auto batch = Batch(2, 10'000);
  const auto decoded = EncodeAndDecode(*batch, {.target_bytes = 5'000, .max_bytes = 20'000});
  EXPECT_EQ(decoded.batches.size(), 2u);
  ExpectSameRows(decoded, *batch);
}

TEST(RecordEncoder, ARowAboveTheLimitIsAnErrorThatNamesItsSize) {
  const auto decoded =
      EncodeAndDecode(*Batch(1, 30'000), {.target_bytes = 5'000, .max_bytes = 20'000});
  EXPECT_THAT(decoded.status, IsError(ErrorKind::kLimit));
  EXPECT_THAT(decoded.status.message(), testing::StartsWith("a single row takes 3"));
}

TEST(RecordEncoder, ABatchWithoutRowsGivesNoRecord) {
  const auto decoded = EncodeAndDecode(*Batch(0), {});
  EXPECT_THAT(decoded.status, IsOk());
  EXPECT_TRUE(decoded.batches.empty());
}

TEST(EncodeSchema, IsAStreamWithoutBatches) {
  const auto stream = *EncodeSchema(kSchema);
  const auto reader =
      *arrow::ipc::RecordBatchStreamReader::Open(std::make_shared<arrow::io::BufferReader>(stream));
  EXPECT_TRUE(reader->schema()->Equals(*kSchema, /*check_metadata=*/true));
  EXPECT_EQ(reader->ToRecordBatches()->size(), 0u);
}

}  // namespace
}  // namespace cloudquery
