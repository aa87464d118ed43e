// A Parquet object as its footer describes it, and the way from its bytes to record batches. No
// I/O happens here: the caller fetches the footer, then the ranges of a row group, and hands the
// bytes in.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/io/interfaces.h"
#include "arrow/memory_pool.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "formats/byte_ranges.h"
#include "formats/parquet/footer_parts.h"

namespace parquet {
class FileMetaData;
}

namespace formats {

/// The last bytes of every Parquet object: length of the footer (4 bytes, little-endian), magic.
inline constexpr int64_t kTrailerBytes = 8;

/// The longest footer that is read: room for some 400,000 column chunks of about 150 bytes.
inline constexpr int64_t kMaxFooterBytes = int64_t{64} << 20;

/// How many bytes at the end of an object of `object_bytes` are its footer, trailer included.
/// `tail`: the last bytes of the object, at least kTrailerBytes unless the object is shorter.
/// kCorrupt: not a Parquet object; kUnsupported: its footer is encrypted; kLimit: the footer is
/// longer than kMaxFooterBytes.
arrow::Result<int64_t> FooterBytes(const arrow::Buffer& tail, int64_t object_bytes);

/// What the footer claims about a row group.
struct RowGroupInfo {
  /// Number of its first row within the object.
  int64_t first_row = 0;
  int64_t rows = 0;
  /// Of its column chunks as stored, and after decompression (still encoded).
  int64_t compressed_bytes = 0;
  int64_t uncompressed_bytes = 0;

  bool operator==(const RowGroupInfo&) const = default;
};

struct ReadOptions {
  /// No batch has more rows. At least 1, as is batch_bytes.
  int64_t max_batch_rows = 64 * 1024;
  /// Decoded size that batches aim at. The number of rows is estimated for the first batch and
  /// follows the measured sizes afterwards; a batch has at least one row, however large.
  int64_t batch_bytes = int64_t{4} << 20;
  /// 0: every page is one read of the file and is not copied, which suits a file in memory. Else
  /// each column chunk is read through windows of this size, which suits a file that fetches; two
  /// of each column (ParquetFile::read_columns()) are held at the same time, one in use and one
  /// being fetched by the file's ReadAsync, and a page that is larger than both is one read of its
  /// own.
  int64_t window_bytes = 0;
  /// Most memory that the decompressed pages of the row group take together, and that a page which
  /// is larger than its windows takes.
  int64_t page_memory_bytes = std::numeric_limits<int64_t>::max();
  /// Must outlive the reader and its batches. Where it has a limit (or is base::MeteredPool() under
  /// a base::MemoryScope), a batch that does not fit is read again with fewer rows.
  arrow::MemoryPool* pool = arrow::default_memory_pool();
  /// Once requested, the reader fails with kCancelled, amid a batch too.
  std::stop_token stop;
};

/// The most rows that a column chunk may have for each byte stored of it; more is corrupt. A page
/// has up to 2^31-1 values, which take next to no bytes where they are all null or all the same,
/// but its header, which is never compressed, takes 21 bytes at least; 16 here, a power of two.
/// Usual writers stay a hundred times below: with 64 Mi rows in a row group, and 100 bytes for
/// them.
inline constexpr int64_t kMaxRowsPerByte = int64_t{1} << 27;

/// What the footer says about one object, checked. Immutable; thread-safe, since the parsed footer
/// is never written to again (Arrow's own scanner shares one among threads just so).
class ParquetFile : public std::enable_shared_from_this<ParquetFile> {
 public:
  /// `tail`: the last bytes of the object, at least FooterBytes() of them; not kept. kCorrupt: the
  /// footer is damaged or claims what cannot be; kUnsupported: something in it cannot be read
  /// (encryption, codec, type); kLimit: see FooterBytes.
  /// `columns`: what is to be read, by the names of ColumnSelection; none: all columns. Below, only
  /// these are meant unless all are spoken of.
  static arrow::Result<std::shared_ptr<const ParquetFile>> Make(
      const arrow::Buffer& tail, int64_t object_bytes, std::span<const std::string> columns = {});
  ~ParquetFile();
  ParquetFile(const ParquetFile&) = delete;
  ParquetFile& operator=(const ParquetFile&) = delete;

  /// The schema of all batches: extension types kept, metadata of schema and fields removed. INT96
  /// is base::Int96Type. Groups that have no leaf column are dropped. Names may be empty or occur
  /// twice.
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  /// The rows of all row groups.
  int64_t rows() const { return rows_; }
  /// A sentence on each thing in the footer that does not hinder reading.
  const std::vector<std::string>& warnings() const { return warnings_; }
  int64_t object_bytes() const { return object_bytes_; }
  int64_t footer_bytes() const { return footer_bytes_; }
  /// Number of all column chunks in a row group; nested columns have several.
  int leaf_columns() const { return leaf_columns_; }
  /// Number of those that are read.
  int read_columns() const { return static_cast<int>(leaves_.size()); }
  /// Rough size of this object on the heap.
  int64_t memory_bytes() const;

  // For all below: row_group is in [0, row_groups()).

  int row_groups() const { return static_cast<int>(row_groups_.size()); }
  const RowGroupInfo& row_group(int row_group) const { return row_groups_[row_group]; }

  /// What to fetch for Read(): every byte that it may ask for.
  std::vector<arrow::io::ReadRange> Ranges(int row_group, const RangeOptions& options) const;
  std::vector<arrow::io::ReadRange> Ranges(int row_group) const {
    return Ranges(row_group, RangesToFetch());
  }
  /// The same for all row groups at once.
  std::vector<arrow::io::ReadRange> AllRanges() const;

  /// Decodes a row group batch by batch on the thread that asks for the next one. `file` must serve
  /// all of Ranges(); it is let go when the last batch has been read. Each batch has schema() and
  /// passes RecordBatch::Validate(), and all of them have row_group().rows rows, or else the reader
  /// fails with kCorrupt. Failures of `file` must carry a base::ErrorKind and come through
  /// unchanged; other kinds: kCorrupt, kUnsupported, kLimit (no memory for one row, or for pages).
  /// The reader is not thread-safe; any number of them may be used side by side.
  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> Read(
      int row_group, std::shared_ptr<arrow::io::RandomAccessFile> file,
      const ReadOptions& options = {}) const;

  /// Estimate of the rows that take `target_bytes` decoded, between 1 and 65,536.
  int64_t BatchRows(int row_group, int64_t target_bytes) const;

 private:
  ParquetFile() = default;
  arrow::Status Parse(const arrow::Buffer& tail, int64_t object_bytes,
                      std::span<const std::string> columns);
  arrow::Status AddPart(const FooterPart& part, std::span<const std::string> columns);
  arrow::Status MakeSchema(const parquet::FileMetaData& metadata);
  arrow::Status AddRowGroup(const parquet::FileMetaData& metadata, int index);
  std::shared_ptr<parquet::FileMetaData> Metadata(const FooterPart& part) const;
  RangeOptions RangesToFetch() const;
  void AddChunks(int row_group, std::vector<arrow::io::ReadRange>* chunks) const;
  void Select(std::span<const std::string> columns);
  void Narrow(const parquet::FileMetaData& metadata, int first_row_group);

  std::optional<FooterParts> footer_;
  // Of a footer that is one part; else null, and parts are parsed as they are read.
  std::shared_ptr<parquet::FileMetaData> metadata_;
  // What the library decodes; schema_ differs from it as readable_schema.h says.
  std::shared_ptr<arrow::Schema> decoded_schema_;
  std::shared_ptr<arrow::Schema> schema_;
  // The column chunks of a row group that are read.
  std::vector<int> leaves_;
  std::vector<std::string> warnings_;
  int64_t rows_ = 0;
  int64_t object_bytes_ = 0;
  int64_t footer_bytes_ = 0;
  int leaf_columns_ = 0;
  std::vector<RowGroupInfo> row_groups_;
  // For each row group, estimated decoded bytes per row, and the uncompressed size of its largest
  // column chunk.
  std::vector<double> row_bytes_;
  std::vector<int64_t> largest_chunk_bytes_;
  // Where each column chunk lies: leaf_columns_ entries for each row group.
  std::vector<arrow::io::ReadRange> chunks_;
};

}  // namespace formats
