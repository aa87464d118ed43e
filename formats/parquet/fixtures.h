// What the tests of this room share: tables, Parquet objects made of them in memory, and files that
// serve, count or fail.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/io/memory.h"
#include "arrow/result.h"
#include "arrow/table.h"
#include "arrow/util/compression.h"
#include "arrow/util/future.h"
#include "formats/parquet/parquet_file.h"

namespace formats {

struct WriteOptions {
  int64_t row_group_rows = 1 << 20;
  arrow::Compression::type codec = arrow::Compression::SNAPPY;
  bool dictionary = true;
  bool checksums = true;
  bool size_statistics = true;
  bool stored_arrow_schema = false;
  bool int96 = false;
  bool pages_v2 = false;
  bool page_index = false;
  int64_t page_bytes = 1 << 20;
  std::string created_by = "parquet-cpp-arrow version 26.0.0";
};

/// A Parquet object with the rows of `table`.
std::shared_ptr<arrow::Buffer> WriteParquet(const arrow::Table& table,
                                            const WriteOptions& options = {});

/// A footer and its trailer for row groups of one int32 column "x", with these claims.
struct ChunkClaims {
  int64_t rows = 10;
  int64_t values = 10;
  int64_t dictionary_offset = 0;
  int64_t data_offset = 4;
  int64_t compressed_bytes = 100;
  int64_t uncompressed_bytes = 100;
};
std::shared_ptr<arrow::Buffer> FooterClaiming(const std::vector<ChunkClaims>& row_groups,
                                              bool nullable = false);

/// The same for one row group of no columns.
std::shared_ptr<arrow::Buffer> FooterWithoutColumns(int64_t rows);

/// A table with one column, from JSON as arrow::json reads it.
std::shared_ptr<arrow::Table> OneColumn(const std::shared_ptr<arrow::DataType>& type,
                                        std::string_view json, std::string name = "x");

/// `rows` rows of int64 "id", double "value", string "name" (of some hundred names, some null) and
/// list<int32> "items"; the same for the same seed.
std::shared_ptr<arrow::Table> MixedTable(int64_t rows, unsigned seed = 1);

/// The object's footer, read as a caller does it.
arrow::Result<std::shared_ptr<const ParquetFile>> OpenParquet(
    const std::shared_ptr<arrow::Buffer>& object);

/// A file that has nothing but the ranges of a row group, each in memory of its own.
std::shared_ptr<arrow::io::RandomAccessFile> FetchedRowGroup(const ParquetFile& file, int row_group,
                                                             const arrow::Buffer& object,
                                                             const RangeOptions& options = {});

/// All batches of all row groups, each row group read from what Ranges() says.
arrow::Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> ReadBatches(
    const ParquetFile& file, const arrow::Buffer& object, const ReadOptions& options = {},
    const RangeOptions& range_options = {});

/// The same as a table, after ValidateFull.
arrow::Result<std::shared_ptr<arrow::Table>> ReadAll(const ParquetFile& file,
                                                     const arrow::Buffer& object,
                                                     const ReadOptions& options = {},
                                                     const RangeOptions& range_options = {});

/// An object in memory that counts what is read, and fails the read number `fail_at` (from 0) with
/// `failure`.
class WatchedFile : public arrow::io::RandomAccessFile {
 public:
  explicit WatchedFile(std::shared_ptr<arrow::Buffer> object) : file_(std::move(object)) {}

  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes) override;
  /// Done at once, so that the counts below need no lock.
  arrow::Future<std::shared_ptr<arrow::Buffer>> ReadAsync(const arrow::io::IOContext&,
                                                          int64_t position,
                                                          int64_t nbytes) override {
    return arrow::Future<std::shared_ptr<arrow::Buffer>>::MakeFinished(ReadAt(position, nbytes));
  }
  arrow::Result<int64_t> GetSize() override { return file_.GetSize(); }
  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override;
  arrow::Status Seek(int64_t position) override { return file_.Seek(position); }
  arrow::Result<int64_t> Tell() const override { return file_.Tell(); }
  arrow::Status Close() override { return file_.Close(); }
  bool closed() const override { return file_.closed(); }

  int64_t reads = 0;
  int64_t bytes = 0;
  int64_t largest_read = 0;
  int64_t fail_at = -1;
  arrow::Status failure;

 private:
  arrow::Status Note(int64_t nbytes);

  arrow::io::BufferReader file_;
};

}  // namespace formats
