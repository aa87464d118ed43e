#include <algorithm>
#include <memory>

#include "arrow/io/memory.h"
#include "arrow/memory_pool.h"
#include "base/error.h"
#include "base/memory_scope.h"
#include "cloudquery/ipc/record_encoder.h"
#include "cloudquery/row_ids.h"
#include "cloudquery/types/normalizer.h"
#include "formats/parquet/parquet_file.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

// Small, so that what a hostile file asks for is refused soon.
constexpr int64_t kPageBytes = int64_t{64} << 20;
constexpr int64_t kStepBytes = int64_t{32} << 20;
constexpr int64_t kBatchBytes = 64 << 10;
// A file of a few bytes may truthfully have billions of rows, all null.
constexpr int64_t kMostRows = 100'000;

arrow::Result<std::shared_ptr<const formats::ParquetFile>> Open(const arrow::Buffer& object) {
  ARROW_ASSIGN_OR_RAISE(const int64_t footer, formats::FooterBytes(object, object.size()));
  return formats::ParquetFile::Make(arrow::Buffer(object.data() + object.size() - footer, footer),
                                    object.size());
}

/// What a sync does with the rows of one row group.
arrow::Status Send(const formats::ParquetFile& file, int group,
                   const std::shared_ptr<arrow::Buffer>& object,
                   const cloudquery::Normalizer& normalizer, int64_t window_bytes) {
  arrow::MemoryPool* pool = base::MeteredPool();
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        file.Read(group, std::make_shared<arrow::io::BufferReader>(object),
                                  {.batch_bytes = kBatchBytes,
                                   .window_bytes = window_bytes,
                                   .page_memory_bytes = kPageBytes,
                                   .pool = pool}));
  base::StepMemory memory{.share_bytes = kStepBytes, .limit_bytes = kStepBytes};
  auto ids = cloudquery::RowIds::Deterministic("fuzz");
  int64_t rows = 0;
  while (rows < kMostRows) {
    const base::MemoryScope scope(memory);
    ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
    if (batch == nullptr) break;
    cloudquery::ConvertStats stats;
    ARROW_ASSIGN_OR_RAISE(batch, normalizer.Convert(batch, &stats, pool));
    ARROW_ASSIGN_OR_RAISE(batch, cloudquery::AddCqColumns(*batch, ids, rows, pool));
    const arrow::Status valid = batch->ValidateFull();
    Require(valid.ok(), "a batch that is sent is valid: " + valid.ToString());
    ARROW_ASSIGN_OR_RAISE(const auto encoder, cloudquery::RecordEncoder::Make(batch->schema()));
    int64_t encoded = 0;
    ARROW_RETURN_NOT_OK(encoder.Encode(*batch, {}, [&](const cloudquery::EncodedRecord& record) {
      encoded += record.rows;
      return arrow::Status::OK();
    }));
    Require(encoded == batch->num_rows(), "every row is encoded once");
    rows += batch->num_rows();
  }
  return arrow::Status::OK();
}

arrow::Status SendAll(const std::shared_ptr<arrow::Buffer>& object, int64_t window_bytes) {
  ARROW_ASSIGN_OR_RAISE(const auto file, Open(*object));
  ARROW_ASSIGN_OR_RAISE(const auto normalizer, cloudquery::Normalizer::Make(*file->schema(), {}));
  for (int group = 0; group < file->row_groups(); ++group) {
    (void)file->Ranges(group);
    ARROW_RETURN_NOT_OK(Send(*file, group, object, *normalizer, window_bytes));
  }
  return arrow::Status::OK();
}

}  // namespace

void Parquet(std::string_view input) {
  const auto object = std::make_shared<arrow::Buffer>(
      reinterpret_cast<const uint8_t*>(input.data()), static_cast<int64_t>(input.size()));
  if (object->size() < formats::kTrailerBytes) return;
  for (const int64_t window_bytes : {int64_t{0}, int64_t{300}}) {
    const arrow::Status status = SendAll(object, window_bytes);
    if (status.ok()) continue;
    const base::ErrorKind kind = base::KindOf(status);
    Require(kind == base::ErrorKind::kCorrupt || kind == base::ErrorKind::kUnsupported ||
                kind == base::ErrorKind::kLimit || status.IsOutOfMemory(),
            "an error blames the object: " + status.ToString());
  }
}

}  // namespace fuzz
