// What the tests of the encoder share: records read back by Arrow's own reader.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "base/testing.h"
#include "cloudquery/ipc/record_encoder.h"

namespace cloudquery {

struct Decoded {
  arrow::Status status;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
};

// Reads a record, which must be one complete stream of one batch, to the end of its bytes.
inline arrow::Status DecodeInto(const arrow::Schema& schema, const EncodedRecord& record,
                                Decoded* decoded) {
  ARROW_ASSIGN_OR_RAISE(auto whole, arrow::ConcatenateBuffers(record.pieces));
  EXPECT_EQ(whole->size(), record.size_bytes);
  arrow::io::BufferReader bytes(whole);
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchStreamReader::Open(&bytes));
  EXPECT_TRUE(reader->schema()->Equals(schema, /*check_metadata=*/true));
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->ToRecordBatches());
  EXPECT_EQ(*bytes.Tell(), whole->size());
  EXPECT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches.at(0)->num_rows(), record.rows);
  ARROW_RETURN_NOT_OK(batches.at(0)->ValidateFull());
  decoded->batches.push_back(batches.at(0));
  return arrow::Status::OK();
}

inline Decoded EncodeAndDecode(const std::shared_ptr<arrow::Schema>& schema,
                               const arrow::RecordBatch& batch, const RecordLimits& limits) {
  const auto encoder = *RecordEncoder::Make(schema);
  Decoded decoded;
  decoded.status = encoder.Encode(batch, limits, [&](const EncodedRecord& record) {
    return DecodeInto(*schema, record, &decoded);
  });
  return decoded;
}

inline void ExpectSameRows(const Decoded& decoded, const arrow::RecordBatch& batch) {
  ASSERT_THAT(decoded.status, base::IsOk());
  int64_t row = 0;
  for (const auto& part : decoded.batches) {
    EXPECT_TRUE(part->Equals(*batch.Slice(row, part->num_rows()), /*check_metadata=*/false))
        << part->ToString() << " instead of " << batch.Slice(row, part->num_rows())->ToString();
    row += part->num_rows();
  }
  EXPECT_EQ(row, batch.num_rows());
}

}  // namespace cloudquery
