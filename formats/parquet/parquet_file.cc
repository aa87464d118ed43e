#include "formats/parquet/parquet_file.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "arrow/util/compression.h"
#include "base/error.h"
#include "formats/column_selection.h"
#include "formats/parquet/failed_column.h"
#include "formats/parquet/parquet_errors.h"
#include "formats/parquet/plain_types.h"
#include "formats/parquet/readable_schema.h"
#include "formats/parquet/row_group_reader.h"
#include "formats/parquet/row_size.h"
#include "parquet/arrow/schema.h"
#include "parquet/metadata.h"
#include "parquet/schema.h"
#include "parquet/types.h"

namespace formats {
namespace {

using arrow::io::ReadRange;
using base::ErrorKind;
using base::MakeError;

constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kEncryptedMagic = "PARE";

// Writers of parquet-mr before 1.2.9 left the header of the dictionary page out of a chunk's size;
// this much behind the chunk is read in addition, as the Parquet library does (PARQUET-816).
constexpr int64_t kMissingHeaderBytes = 100;

constexpr int64_t kMaxBatchRows = 64 * 1024;

arrow::Status Corrupt(std::string message) {
  return MakeError(ErrorKind::kCorrupt, std::move(message));
}

uint32_t LittleEndian32(const uint8_t* bytes) {
  return uint32_t{bytes[0]} | uint32_t{bytes[1]} << 8 | uint32_t{bytes[2]} << 16 |
         uint32_t{bytes[3]} << 24;
}

// The library decodes what the schema of its metadata says, and has no other way to change that.
// The descriptor is a member that is not const. A second Init() would leave parts of the first in
// it.
void ReplaceSchema(const parquet::FileMetaData& metadata, parquet::schema::NodePtr root) {
  auto* schema = const_cast<parquet::SchemaDescriptor*>(metadata.schema());
  std::destroy_at(schema);
  std::construct_at(schema);
  schema->Init(std::move(root));
}

arrow::Result<std::shared_ptr<arrow::Schema>> ArrowSchema(
    const parquet::SchemaDescriptor& schema,
    const std::shared_ptr<const arrow::KeyValueMetadata>& metadata) {
  std::shared_ptr<arrow::Schema> types;
  ARROW_RETURN_NOT_OK(
      parquet::arrow::FromParquetSchema(&schema, DecodingProperties(), metadata, &types));
  return PlainSchema(*types);
}

arrow::Status CheckReadable(const parquet::ColumnChunkMetaData& chunk, const std::string& where) {
  if (chunk.crypto_metadata() != nullptr) {
    return MakeError(ErrorKind::kUnsupported, where + ": is encrypted");
  }
  if (!chunk.file_path().empty()) {
    return MakeError(ErrorKind::kUnsupported, where + ": lies in another file");
  }
  // Throws for a codec that the library has no name for.
  const auto codec =
      Guarded([&]() -> arrow::Result<arrow::Compression::type> { return chunk.compression(); });
  if (!codec.ok() || !parquet::IsCodecSupported(*codec) ||
      !arrow::util::Codec::IsAvailable(*codec)) {
    return MakeError(ErrorKind::kUnsupported, where + ": is compressed with an unsupported codec");
  }
  return arrow::Status::OK();
}

arrow::Status CheckCounts(const parquet::ColumnChunkMetaData& chunk,
                          const parquet::ColumnDescriptor& column, int64_t rows,
                          const std::string& where) {
  if (chunk.type() != column.physical_type()) {
    return Corrupt(where + ": its type is not the one in the schema");
  }
  if (chunk.total_uncompressed_size() < 0) return Corrupt(where + ": its size is negative");
  // A row has at least one entry, a null or an empty list if nothing else, and just one where
  // nothing repeats.
  const int64_t values = chunk.num_values();
  if (values < rows || (values > rows && column.max_repetition_level() == 0)) {
    return Corrupt(where + ": has " + std::to_string(values) + " values for " +
                   std::to_string(rows) + " rows");
  }
  return arrow::Status::OK();
}

// What no writer can have stored in so few bytes would be decoded for days.
arrow::Status CheckRowsPerByte(int64_t rows, int64_t bytes, const std::string& where) {
  if (rows == 0 || (rows - 1) / kMaxRowsPerByte < bytes) return arrow::Status::OK();
  return Corrupt(where + ": " + std::to_string(rows) + " rows cannot be stored in " +
                 std::to_string(bytes) + " bytes");
}

/// Where the chunk lies. Nothing but the magic comes before it, `data_end` is where the footer
/// starts.
arrow::Result<ReadRange> LocateChunk(const parquet::ColumnChunkMetaData& chunk, int64_t data_end,
                                     const std::string& where) {
  const int64_t length = chunk.total_compressed_size();
  // Without values nothing is read, and some writers give an offset of 0 then.
  if (length == 0 || chunk.num_values() == 0) return ReadRange{0, 0};
  int64_t offset = chunk.data_page_offset();
  if (chunk.has_dictionary_page() && chunk.dictionary_page_offset() > 0) {
    offset = std::min(offset, chunk.dictionary_page_offset());
  }
  if (length < 0 || offset < static_cast<int64_t>(kMagic.size()) || length > data_end ||
      offset > data_end - length) {
    return Corrupt(where + ": lies outside the data of the object");
  }
  return ReadRange{offset, length};
}

}  // namespace

arrow::Result<int64_t> FooterBytes(const arrow::Buffer& tail, int64_t object_bytes) {
  if (object_bytes < kTrailerBytes + static_cast<int64_t>(kMagic.size())) {
    return Corrupt("not a Parquet object: " + std::to_string(object_bytes) + " bytes are too few");
  }
  if (tail.size() < kTrailerBytes || tail.size() > object_bytes) {
    return arrow::Status::Invalid("a tail of ", tail.size(), " bytes for an object of ",
                                  object_bytes, " bytes");
  }
  const uint8_t* trailer = tail.data() + tail.size() - kTrailerBytes;
  const std::string_view magic(reinterpret_cast<const char*>(trailer) + 4, kMagic.size());
  if (magic == kEncryptedMagic) {
    return MakeError(ErrorKind::kUnsupported, "the footer is encrypted");
  }
  if (magic != kMagic) return Corrupt("not a Parquet object: it does not end in PAR1");
  const int64_t footer_bytes = kTrailerBytes + LittleEndian32(trailer);
  if (footer_bytes == kTrailerBytes ||
      footer_bytes > object_bytes - static_cast<int64_t>(kMagic.size())) {
    return Corrupt("a footer of " + std::to_string(footer_bytes) + " bytes in an object of " +
                   std::to_string(object_bytes) + " bytes");
  }
  if (footer_bytes > kMaxFooterBytes) {
    return MakeError(ErrorKind::kLimit, "the footer of " + std::to_string(footer_bytes) +
                                            " bytes is longer than the " +
                                            std::to_string(kMaxFooterBytes) + " that are read");
  }
  return footer_bytes;
}

ParquetFile::~ParquetFile() = default;

arrow::Result<std::shared_ptr<const ParquetFile>> ParquetFile::Make(
    const arrow::Buffer& tail, int64_t object_bytes, std::span<const std::string> columns) {
  std::shared_ptr<ParquetFile> file(new ParquetFile);
  ARROW_RETURN_NOT_OK(
      Classified(Guarded([&] { return file->Parse(tail, object_bytes, columns); }), "footer"));
  return file;
}

arrow::Status ParquetFile::Parse(const arrow::Buffer& tail, int64_t object_bytes,
                                 std::span<const std::string> columns) {
  object_bytes_ = object_bytes;
  ARROW_ASSIGN_OR_RAISE(footer_bytes_, FooterBytes(tail, object_bytes));
  if (tail.size() < footer_bytes_) {
    return arrow::Status::Invalid("a tail of ", tail.size(), " bytes for a footer of ",
                                  footer_bytes_, " bytes");
  }
  // A copy, since the tail may be all of an object.
  const auto footer = reinterpret_cast<const char*>(tail.data() + tail.size() - footer_bytes_);
  ARROW_ASSIGN_OR_RAISE(footer_, FooterParts::Make(arrow::Buffer::FromString(std::string(
                                     footer, static_cast<size_t>(footer_bytes_ - kTrailerBytes)))));
  for (const FooterPart& part : footer_->parts()) ARROW_RETURN_NOT_OK(AddPart(part, columns));
  if (metadata_ != nullptr) footer_.reset();
  return arrow::Status::OK();
}

arrow::Status ParquetFile::AddPart(const FooterPart& part, std::span<const std::string> columns) {
  const bool first = part.first_row_group == 0;
  const auto metadata = footer_->Parse(part);
  if (first) leaf_columns_ = metadata->num_columns();
  for (int i = 0; i < part.row_groups; ++i) ARROW_RETURN_NOT_OK(AddRowGroup(*metadata, i));
  const bool last = &part == &footer_->parts().back();
  // Some writers leave the count of the file at 0. The rows are in the row groups.
  if (last && rows_ != metadata->num_rows()) {
    warnings_.emplace_back(
        "the footer's number of rows is not that of its row groups, which count");
  }
  if (first) {
    ARROW_RETURN_NOT_OK(MakeSchema(*metadata));
    Select(columns);
  }
  Narrow(*metadata, part.first_row_group);
  if (first && last) metadata_ = metadata;
  return arrow::Status::OK();
}

void ParquetFile::Select(std::span<const std::string> columns) {
  const ColumnSelection selection(schema_, columns);
  const bool is_same = decoded_schema_ == schema_;
  schema_ = selection.schema();
  leaves_ = selection.leaves();
  decoded_schema_ = is_same ? schema_ : ColumnSelection(decoded_schema_, columns).schema();
}

// What is said of row groups, without the columns that are not read.
void ParquetFile::Narrow(const parquet::FileMetaData& metadata, int first_row_group) {
  if (read_columns() == leaf_columns_) return;
  for (int i = 0; i < metadata.num_row_groups(); ++i) {
    const auto group = metadata.RowGroup(i);
    const auto place = static_cast<size_t>(first_row_group + i);
    RowGroupInfo& info = row_groups_[place];
    info.compressed_bytes = info.uncompressed_bytes = largest_chunk_bytes_[place] = 0;
    for (const int leaf : leaves_) {
      const int64_t uncompressed = group->ColumnChunk(leaf)->total_uncompressed_size();
      info.compressed_bytes += chunks_[place * leaf_columns_ + leaf].length;
      info.uncompressed_bytes += uncompressed;
      largest_chunk_bytes_[place] = std::max(largest_chunk_bytes_[place], uncompressed);
    }
    if (info.rows > 0) row_bytes_[place] = EstimateRowBytes(*group, leaves_);
  }
}

arrow::Status ParquetFile::MakeSchema(const parquet::FileMetaData& metadata) {
  if (!NeedsChange(*metadata.schema()->schema_root())) {
    ARROW_ASSIGN_OR_RAISE(decoded_schema_,
                          ArrowSchema(*metadata.schema(), metadata.key_value_metadata()));
    schema_ = decoded_schema_;
    return arrow::Status::OK();
  }
  ReadableSchema readable = MakeReadable(*metadata.schema()->group_node());
  for (const std::string& group : readable.dropped_groups) {
    warnings_.push_back("column " + group +
                        " is left out: it is a group without any column that holds values");
  }
  ReplaceSchema(metadata, std::move(readable.decoded));
  ARROW_ASSIGN_OR_RAISE(decoded_schema_,
                        ArrowSchema(*metadata.schema(), metadata.key_value_metadata()));
  parquet::SchemaDescriptor meaning;
  meaning.Init(std::move(readable.meaning));
  // Without the stored Arrow schema both have the same shape.
  ARROW_ASSIGN_OR_RAISE(const auto types, ArrowSchema(meaning, nullptr));
  schema_ = RestoreMeaning(*decoded_schema_, *types);
  return arrow::Status::OK();
}

// As MakeSchema left it, if it is not the same.
std::shared_ptr<parquet::FileMetaData> ParquetFile::Metadata(const FooterPart& part) const {
  if (metadata_ != nullptr) return metadata_;
  auto metadata = footer_->Parse(part);
  if (NeedsChange(*metadata->schema()->schema_root())) {
    ReplaceSchema(*metadata, MakeReadable(*metadata->schema()->group_node()).decoded);
  }
  return metadata;
}

// `index`: the row group within `metadata`, which has those of one part.
arrow::Status ParquetFile::AddRowGroup(const parquet::FileMetaData& metadata, int index) {
  const auto group = metadata.RowGroup(index);
  const int row_group = row_groups();
  RowGroupInfo info{.first_row = rows_, .rows = group->num_rows()};
  if (info.rows < 0 || __builtin_add_overflow(rows_, info.rows, &rows_)) {
    return Corrupt("row group " + std::to_string(row_group) + ": its number of rows is impossible");
  }
  if (group->num_columns() != leaf_columns_) {
    return Corrupt("row group " + std::to_string(row_group) + ": " +
                   std::to_string(group->num_columns()) + " columns, but " +
                   std::to_string(leaf_columns_) + " in the schema");
  }
  const bool sizes_lack_header =
      metadata.writer_version().VersionLt(parquet::ApplicationVersion::PARQUET_816_FIXED_VERSION());
  if (leaf_columns_ == 0 && info.rows > 0) {
    return Corrupt("row group " + std::to_string(row_group) + ": " + std::to_string(info.rows) +
                   " rows, but no column that holds values");
  }
  int64_t largest_chunk_bytes = 0;
  for (int i = 0; i < leaf_columns_; ++i) {
    const parquet::ColumnDescriptor& column = *metadata.schema()->Column(i);
    const std::string where = WhereInFile(metadata, row_group, i);
    const auto chunk = group->ColumnChunk(i);
    ARROW_RETURN_NOT_OK(CheckReadable(*chunk, where));
    ARROW_RETURN_NOT_OK(CheckCounts(*chunk, column, info.rows, where));
    ARROW_ASSIGN_OR_RAISE(ReadRange range,
                          LocateChunk(*chunk, object_bytes_ - footer_bytes_, where));
    ARROW_RETURN_NOT_OK(CheckRowsPerByte(info.rows, range.length, where));
    info.compressed_bytes += range.length;
    largest_chunk_bytes = std::max(largest_chunk_bytes, chunk->total_uncompressed_size());
    if (__builtin_add_overflow(info.uncompressed_bytes, chunk->total_uncompressed_size(),
                               &info.uncompressed_bytes)) {
      return Corrupt(where + ": its size is impossible");
    }
    if (sizes_lack_header && range.length > 0) {
      range.length += std::min(kMissingHeaderBytes, object_bytes_ - range.offset - range.length);
    }
    chunks_.push_back(range);
  }
  row_groups_.push_back(info);
  largest_chunk_bytes_.push_back(largest_chunk_bytes);
  row_bytes_.push_back(info.rows == 0 ? 0 : EstimateRowBytes(*group));
  return arrow::Status::OK();
}

void ParquetFile::AddChunks(int row_group, std::vector<ReadRange>* chunks) const {
  for (const int leaf : leaves_) {
    chunks->push_back(chunks_[static_cast<size_t>(row_group) * leaf_columns_ + leaf]);
  }
}

std::vector<ReadRange> ParquetFile::Ranges(int row_group, const RangeOptions& options) const {
  std::vector<ReadRange> chunks;
  AddChunks(row_group, &chunks);
  return CoverPieces(std::move(chunks), options);
}

std::vector<ReadRange> ParquetFile::AllRanges() const {
  std::vector<ReadRange> chunks;
  for (int i = 0; i < row_groups(); ++i) AddChunks(i, &chunks);
  return CoverPieces(std::move(chunks), RangesToFetch());
}

RangeOptions ParquetFile::RangesToFetch() const {
  // Columns are left out to read less, so little is fetched for nothing, though a request may cost
  // more time.
  constexpr int64_t kHoleBytes = int64_t{16} << 10;
  if (read_columns() == leaf_columns()) return {};
  return {.hole_bytes = kHoleBytes};
}

int64_t ParquetFile::memory_bytes() const {
  // Schemas of a leaf column, and what the library makes of a column chunk.
  constexpr int64_t kColumnBytes = 1500, kChunkBytes = 1000;
  const int64_t schema_bytes = kColumnBytes * leaf_columns_;
  const auto chunks = static_cast<int64_t>(chunks_.size());
  if (metadata_ != nullptr) return 4 * footer_bytes_ + kChunkBytes * chunks + schema_bytes;
  return footer_->memory_bytes() + static_cast<int64_t>(sizeof(ReadRange)) * chunks + schema_bytes;
}

int64_t ParquetFile::BatchRows(int row_group, int64_t target_bytes) const {
  constexpr double kMinRowBytes = 1e-3;
  const double fitting =
      static_cast<double>(target_bytes) / std::max(row_bytes_[row_group], kMinRowBytes);
  return static_cast<int64_t>(std::clamp(fitting, 1.0, static_cast<double>(kMaxBatchRows)));
}

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> ParquetFile::Read(
    int row_group, std::shared_ptr<arrow::io::RandomAccessFile> file,
    const ReadOptions& options) const {
  const FooterPart part = footer_ ? footer_->PartOf(row_group) : FooterPart{};
  std::shared_ptr<parquet::FileMetaData> metadata;
  ARROW_RETURN_NOT_OK(Classified(Guarded([&] {
                                   metadata = Metadata(part);
                                   return arrow::Status::OK();
                                 }),
                                 "footer"));
  return OpenRowGroup({.owner = shared_from_this(),
                       .metadata = std::move(metadata),
                       .row_group = row_group,
                       .index = row_group - part.first_row_group,
                       .rows = row_groups_[row_group].rows,
                       .largest_chunk_bytes = largest_chunk_bytes_[row_group],
                       .chunks = std::span(chunks_).subspan(
                           static_cast<size_t>(row_group) * leaf_columns_, leaf_columns_),
                       .leaves = leaves_,
                       .decoded_schema = decoded_schema_,
                       .schema = schema_,
                       .file = std::move(file)},
                      BatchRows(row_group, options.batch_bytes), options);
}

}  // namespace formats
