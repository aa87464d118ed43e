// Decodes one row group. The Parquet library is given its column chunks as streams of our own
// making, so that pages are slices of the fetched buffers instead of copies, so that the bytes
// asked for are those that were planned, and so that no page can claim memory out of proportion.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "arrow/io/interfaces.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "formats/parquet/parquet_file.h"

namespace parquet {
class ArrowReaderProperties;
class FileMetaData;
}  // namespace parquet

namespace formats {

/// How Parquet types become Arrow types: logical types become Arrow's canonical extension types
/// where there are such (UUID, JSON), the rest is Arrow's default, which obeys an Arrow schema
/// stored in the file.
parquet::ArrowReaderProperties DecodingProperties();

/// A row group to decode; `owner` keeps alive what `chunks` points to.
struct RowGroupSource {
  std::shared_ptr<const void> owner;
  std::shared_ptr<parquet::FileMetaData> metadata;
  /// Its number within the object, for messages, and within `metadata`.
  int row_group = 0;
  int index = 0;
  int64_t rows = 0;
  /// Uncompressed, as the footer says; no page may claim much more.
  int64_t largest_chunk_bytes = 0;
  /// Where the column chunks lie in `file`, one for each leaf column.
  std::span<const arrow::io::ReadRange> chunks;
  /// The leaf columns that are read, those of `schema`.
  std::span<const int> leaves;
  /// What the library decodes, and what batches have: the same but for what readable_schema.h says.
  std::shared_ptr<arrow::Schema> decoded_schema;
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<arrow::io::RandomAccessFile> file;
};

/// See ParquetFile::Read. `first_batch_rows`: rows of the first batch.
arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenRowGroup(RowGroupSource source,
                                                                      int64_t first_batch_rows,
                                                                      const ReadOptions& options);

}  // namespace formats
