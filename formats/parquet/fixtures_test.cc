#include "formats/parquet/fixtures.h"

#include <algorithm>
#include <random>

#include "arrow/builder.h"
#include "arrow/io/memory.h"
#include "arrow/json/from_string.h"
#include "arrow/util/logging.h"
#include "formats/ranges_file.h"
#include "parquet/arrow/writer.h"
#include "parquet/metadata.h"
#include "parquet/properties.h"
#include "parquet/schema.h"

namespace formats {
namespace {

std::shared_ptr<parquet::WriterProperties> Properties(const WriteOptions& options) {
  parquet::WriterProperties::Builder builder;
  builder.compression(options.codec)
      ->created_by(options.created_by)
      ->max_row_group_length(options.row_group_rows)
      ->data_pagesize(options.page_bytes)
      ->data_page_version(options.pages_v2 ? parquet::ParquetDataPageVersion::V2
                                           : parquet::ParquetDataPageVersion::V1)
      ->set_size_statistics_level(options.size_statistics
                                      ? parquet::SizeStatisticsLevel::ColumnChunk
                                      : parquet::SizeStatisticsLevel::None);
  if (!options.dictionary) builder.disable_dictionary();
  if (options.checksums) builder.enable_page_checksum();
  if (options.page_index) {
    builder.enable_write_page_index();
  } else {
    builder.disable_write_page_index();
  }
  return builder.build();
}

std::unique_ptr<parquet::SchemaDescriptor> SchemaOf(const parquet::schema::NodeVector& columns) {
  auto schema = std::make_unique<parquet::SchemaDescriptor>();
  schema->Init(parquet::schema::GroupNode::Make("schema", parquet::Repetition::REQUIRED, columns));
  return schema;
}

std::shared_ptr<arrow::Buffer> WithTrailer(std::string footer) {
  const auto length = static_cast<uint32_t>(footer.size());
  for (int i = 0; i < 4; ++i) footer.push_back(static_cast<char>(length >> (8 * i)));
  return arrow::Buffer::FromString(footer + "PAR1");
}

}  // namespace

std::shared_ptr<arrow::Buffer> WriteParquet(const arrow::Table& table,
                                            const WriteOptions& options) {
  parquet::ArrowWriterProperties::Builder arrow_properties;
  if (options.stored_arrow_schema) arrow_properties.store_schema();
  if (options.int96) arrow_properties.enable_deprecated_int96_timestamps();
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const arrow::Status status =
      parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink, options.row_group_rows,
                                 Properties(options), arrow_properties.build());
  ARROW_CHECK_OK(status);
  return sink->Finish().ValueOrDie();
}

std::shared_ptr<arrow::Buffer> FooterClaiming(const std::vector<ChunkClaims>& row_groups,
                                              bool nullable) {
  const auto schema = SchemaOf({parquet::schema::PrimitiveNode::Make(
      "x", nullable ? parquet::Repetition::OPTIONAL : parquet::Repetition::REQUIRED,
      parquet::Type::INT32)});
  auto builder =
      parquet::FileMetaDataBuilder::Make(schema.get(), parquet::default_writer_properties());
  for (const ChunkClaims& claims : row_groups) {
    auto* group = builder->AppendRowGroup();
    group->set_num_rows(claims.rows);
    group->NextColumnChunk()->Finish(claims.values, claims.dictionary_offset, 0, claims.data_offset,
                                     claims.compressed_bytes, claims.uncompressed_bytes,
                                     claims.dictionary_offset > 0, false, {}, {});
    group->Finish(claims.uncompressed_bytes);
  }
  return WithTrailer(builder->Finish()->SerializeToString());
}

std::shared_ptr<arrow::Buffer> FooterWithoutColumns(int64_t rows) {
  const auto schema = SchemaOf({});
  auto builder =
      parquet::FileMetaDataBuilder::Make(schema.get(), parquet::default_writer_properties());
  auto* group = builder->AppendRowGroup();
  group->set_num_rows(rows);
  group->Finish(0);
  return WithTrailer(builder->Finish()->SerializeToString());
}

std::shared_ptr<arrow::Table> OneColumn(const std::shared_ptr<arrow::DataType>& type,
                                        std::string_view json, std::string name) {
  return arrow::Table::Make(arrow::schema({arrow::field(std::move(name), type)}),
                            {arrow::json::ArrayFromJSONString(type, json).ValueOrDie()});
}

std::shared_ptr<arrow::Table> MixedTable(int64_t rows, unsigned seed) {
  std::mt19937 random(seed);
  arrow::Int64Builder id;
  arrow::DoubleBuilder value;
  arrow::StringBuilder name;
  auto item = std::make_shared<arrow::Int32Builder>();
  arrow::ListBuilder items(arrow::default_memory_pool(), item);
  arrow::Status status;
  for (int64_t i = 0; i < rows; ++i) {
    status &= id.Append(i);
    status &= value.Append(static_cast<double>(random()) / 7);
    status &= random() % 10 == 0 ? name.AppendNull()
                                 : name.Append("name-" + std::to_string(random() % 300));
    status &= random() % 5 == 0 ? items.AppendNull() : items.Append();
    for (unsigned n = random() % 3; n > 0 && item != nullptr; --n) {
      status &= item->Append(static_cast<int32_t>(random()));
    }
  }
  ARROW_CHECK_OK(status);
  return arrow::Table::Make(
      arrow::schema({arrow::field("id", arrow::int64(), false),
                     arrow::field("value", arrow::float64()), arrow::field("name", arrow::utf8()),
                     arrow::field("items", arrow::list(arrow::int32()))}),
      {id.Finish().ValueOrDie(), value.Finish().ValueOrDie(), name.Finish().ValueOrDie(),
       items.Finish().ValueOrDie()});
}

arrow::Result<std::shared_ptr<const ParquetFile>> OpenParquet(
    const std::shared_ptr<arrow::Buffer>& object) {
  const int64_t size = object->size();
  const int64_t trailer_bytes = std::min(size, kTrailerBytes);
  ARROW_ASSIGN_OR_RAISE(
      const int64_t footer_bytes,
      FooterBytes(*arrow::SliceBuffer(object, size - trailer_bytes, trailer_bytes), size));
  // A copy of its own shows a read beyond the footer to the address sanitizer.
  const auto* begin = reinterpret_cast<const char*>(object->data()) + size - footer_bytes;
  return ParquetFile::Make(*arrow::Buffer::FromString(std::string(begin, footer_bytes)), size);
}

std::shared_ptr<arrow::io::RandomAccessFile> FetchedRowGroup(const ParquetFile& file, int row_group,
                                                             const arrow::Buffer& object,
                                                             const RangeOptions& options) {
  std::vector<FetchedRange> fetched;
  for (const auto& range : file.Ranges(row_group, options)) {
    const auto* begin = reinterpret_cast<const char*>(object.data()) + range.offset;
    fetched.push_back({range.offset, arrow::Buffer::FromString(std::string(begin, range.length))});
  }
  return RangesFile::Make(object.size(), std::move(fetched)).ValueOrDie();
}

arrow::Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> ReadBatches(
    const ParquetFile& file, const arrow::Buffer& object, const ReadOptions& options,
    const RangeOptions& range_options) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (int i = 0; i < file.row_groups(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto reader,
                          file.Read(i, FetchedRowGroup(file, i, object, range_options), options));
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
      if (batch == nullptr) break;
      batches.push_back(std::move(batch));
    }
  }
  return batches;
}

arrow::Result<std::shared_ptr<arrow::Table>> ReadAll(const ParquetFile& file,
                                                     const arrow::Buffer& object,
                                                     const ReadOptions& options,
                                                     const RangeOptions& range_options) {
  ARROW_ASSIGN_OR_RAISE(auto batches, ReadBatches(file, object, options, range_options));
  ARROW_ASSIGN_OR_RAISE(auto table, arrow::Table::FromRecordBatches(file.schema(), batches));
  ARROW_RETURN_NOT_OK(table->ValidateFull());
  return table;
}

arrow::Status WatchedFile::Note(int64_t nbytes) {
  if (reads++ == fail_at) return failure;
  bytes += nbytes;
  largest_read = std::max(largest_read, nbytes);
  return arrow::Status::OK();
}

arrow::Result<int64_t> WatchedFile::ReadAt(int64_t position, int64_t nbytes, void* out) {
  ARROW_RETURN_NOT_OK(Note(nbytes));
  return file_.ReadAt(position, nbytes, out);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> WatchedFile::ReadAt(int64_t position,
                                                                  int64_t nbytes) {
  ARROW_RETURN_NOT_OK(Note(nbytes));
  return file_.ReadAt(position, nbytes);
}

arrow::Result<int64_t> WatchedFile::Read(int64_t nbytes, void* out) {
  ARROW_RETURN_NOT_OK(Note(nbytes));
  return file_.Read(nbytes, out);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> WatchedFile::Read(int64_t nbytes) {
  ARROW_RETURN_NOT_OK(Note(nbytes));
  return file_.Read(nbytes);
}

}  // namespace formats
