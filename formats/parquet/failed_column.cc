#include "formats/parquet/failed_column.h"

#include <memory>
#include <string>

#include "arrow/record_batch.h"
#include "base/error.h"
#include "formats/parquet/parquet_errors.h"
#include "parquet/arrow/reader.h"
#include "parquet/metadata.h"
#include "parquet/properties.h"
#include "parquet/schema.h"

namespace formats {
namespace {

arrow::Status DecodeLeaf(const ContentsContext& context, int leaf, int64_t rows,
                         int64_t batch_rows) {
  parquet::ArrowReaderProperties properties = DecodingProperties();
  properties.set_batch_size(batch_rows);
  ARROW_ASSIGN_OR_RAISE(
      const auto decoder,
      parquet::arrow::FileReader::Make(context.options.pool, OpenContents(context), properties));
  ARROW_ASSIGN_OR_RAISE(const auto batches,
                        decoder->GetRecordBatchReader({context.source.index}, {leaf}));
  for (int64_t decoded = 0; decoded < rows && !context.options.stop.stop_requested();) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, batches->Next());
    if (batch == nullptr) return arrow::Status::Invalid("fewer rows than the row group");
    ARROW_RETURN_NOT_OK(batch->Validate());
    decoded += batch->num_rows();
  }
  return arrow::Status::OK();
}

}  // namespace

std::optional<int> FindFailedLeaf(const ContentsContext& context, int64_t rows,
                                  int64_t batch_rows) {
  for (const int leaf : context.source.leaves) {
    if (context.options.stop.stop_requested()) break;
    const arrow::Status status =
        Guarded([&] { return DecodeLeaf(context, leaf, rows, batch_rows); });
    if (status.ok()) continue;
    // A failure that has a kind is one of the file that is read, not of what is in it.
    const bool is_decoding =
        !status.IsOutOfMemory() && base::KindOf(status) == base::ErrorKind::kOther;
    return is_decoding ? std::optional(leaf) : std::nullopt;
  }
  return std::nullopt;
}

std::string WhereInFile(const parquet::FileMetaData& metadata, int row_group,
                        std::optional<int> leaf) {
  std::string where = "row group " + std::to_string(row_group);
  if (leaf) where += ", column " + metadata.schema()->Column(*leaf)->path()->ToDotString();
  return where;
}

}  // namespace formats
