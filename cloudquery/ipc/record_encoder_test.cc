#include "cloudquery/ipc/record_encoder.h"

#include <gtest/gtest.h>

#include <set>

#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/util/key_value_metadata.h"
#include "base/testing.h"
#include "cloudquery/testing/record_encoder_testing.h"

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

Decoded EncodeAndDecode(const arrow::RecordBatch& batch, const RecordLimits& limits) {
  return EncodeAndDecode(kSchema, batch, limits);
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

TEST(RecordEncoder, LargeColumnsAreTheBatchsOwnMemory) {
  const auto batch = Batch(1001, 1000);
  const auto slice = batch->Slice(1);
  const auto encoder = *RecordEncoder::Make(kSchema);
  ASSERT_THAT(encoder.Encode(*slice, {.max_rows = 5000},
                             [&](const EncodedRecord& record) {
                               EXPECT_EQ(record.pieces.size(), 3u);
                               EXPECT_EQ(record.pieces.at(1)->data(),
                                         slice->column_data(1)->buffers[2]->data() + 1000);
                               return arrow::Status::OK();
                             }),
              IsOk());
  ExpectSameRows(EncodeAndDecode(*slice, {.max_rows = 5000}), *slice);
}

TEST(RecordEncoder, SmallRecordsAreOnePieceOfMemoryThatIsUsedAgain) {
  const auto encoder = *RecordEncoder::Make(kSchema);
  std::set<const uint8_t*> places;
  for (int i = 0; i < 10; ++i) {
    ASSERT_THAT(encoder.Encode(*Batch(500), {},
                               [&](const EncodedRecord& record) {
                                 EXPECT_EQ(record.pieces.size(), 1u);
                                 places.insert(record.pieces.at(0)->data());
                                 return arrow::Status::OK();
                               }),
                IsOk());
  }
  EXPECT_EQ(places.size(), 1u);
}

TEST(RecordEncoder, RecordsThatAreKeptStayWhatTheyAre) {
  const auto batch = Batch(20'000);
  const auto encoder = *RecordEncoder::Make(kSchema);
  std::vector<EncodedRecord> kept;
  const auto keep = [&](EncodedRecord record) {
    kept.push_back(std::move(record));
    return arrow::Status::OK();
  };
  for (int i = 0; i < 20; ++i) {
    ASSERT_THAT(encoder.Encode(*batch->Slice(i), {.max_rows = 10'000}, keep), IsOk());
    if (i % 3 == 2) kept.erase(kept.begin());
  }
  Decoded last;
  for (size_t i = kept.size() - 2; i < kept.size(); ++i) {
    ASSERT_THAT(DecodeInto(*kSchema, kept[i], &last), IsOk());
  }
  ExpectSameRows(last, *batch->Slice(19));
}

TEST(RecordEncoder, RefusesTypesThatAreNeverSent) {
  const auto type = arrow::dictionary(arrow::int8(), arrow::utf8());
  const auto schema = arrow::schema({arrow::field("d", arrow::list(type))});
  EXPECT_THAT(RecordEncoder::Make(schema), IsError(ErrorKind::kUnsupported));
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
