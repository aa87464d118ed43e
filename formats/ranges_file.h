// Fetched byte ranges of an object, put together to a file that readers can use: the bridge between
// IO threads, which fetch, and CPU threads, which decode and never wait for the network.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/io/interfaces.h"
#include "arrow/result.h"

namespace formats {

/// A part of an object that is in memory.
struct FetchedRange {
  /// Of the first byte, counted from the start of the object.
  int64_t offset = 0;
  std::shared_ptr<arrow::Buffer> bytes;
};

/// A file of `object_bytes` of which only some ranges are there. ReadAt inside one range is a slice
/// without copying and keeps that range's buffer alive; across adjoining ranges the bytes are
/// copied together; a read that touches a byte that was not fetched is a kCorrupt error, because
/// only a file that contradicts its own footer makes a reader ask for one.
///
/// ReadAt and GetSize are thread-safe; Seek, Read, Tell and Close are not.
class RangesFile : public arrow::io::RandomAccessFile {
 public:
  /// `ranges` may come in any order. Invalid (without kind) when they overlap or reach beyond the
  /// object. `pool` serves the copies and must outlive every buffer that was read.
  static arrow::Result<std::shared_ptr<RangesFile>> Make(
      int64_t object_bytes, std::vector<FetchedRange> ranges,
      arrow::MemoryPool* pool = arrow::default_memory_pool());

  arrow::Result<int64_t> GetSize() override { return object_bytes_; }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes) override;
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, bool allow_short_read,
                                void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes,
                                                       bool allow_short_read) override;

  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override;
  arrow::Status Seek(int64_t position) override;
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Close() override;
  bool closed() const override { return closed_; }
  bool supports_zero_copy() const override { return true; }

 private:
  RangesFile(int64_t object_bytes, std::vector<FetchedRange> ranges, arrow::MemoryPool* pool);

  arrow::Result<int64_t> BytesToRead(int64_t position, int64_t nbytes, bool allow_short_read) const;
  /// Index of the range that holds the byte at `position`, -1 when none does.
  int64_t Find(int64_t position) const;
  arrow::Status Copy(int64_t position, int64_t nbytes, uint8_t* out) const;

  const int64_t object_bytes_;
  std::vector<FetchedRange> ranges_;
  arrow::MemoryPool* const pool_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace formats
