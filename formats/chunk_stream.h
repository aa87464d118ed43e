// A column chunk as a stream of bytes.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <stop_token>

#include "arrow/io/interfaces.h"
#include "arrow/memory_pool.h"

namespace formats {

inline constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

/// The bytes of `range` of `file`, in order. window_bytes 0: each read and each look ahead is one
/// read of the file, whose buffer is passed on without a copy. Else every byte is read once, in
/// windows of that size (or of one read, if that is longer), and reads are slices of them. While
/// one window is used, the file's ReadAsync fetches the next, so two of them are held, and a third
/// for a moment where a read spans two (allocated from `pool`). A read of more than
/// `max_read_bytes` that spans windows is a kLimit error. Once `stop` is requested, every read is a
/// kCancelled error: one call of the Parquet library may go through any number of pages. Close and
/// the end of the stream wait for what was asked for. A stream is not thread-safe; streams over one
/// file may be used side by side if its ReadAt allows that.
std::shared_ptr<arrow::io::InputStream> OpenChunk(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                  arrow::io::ReadRange range, int64_t window_bytes,
                                                  arrow::MemoryPool* pool,
                                                  int64_t max_read_bytes = kNoLimit,
                                                  std::stop_token stop = {});

}  // namespace formats
