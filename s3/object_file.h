// One listed object as an arrow::io::RandomAccessFile, for readers such as Parquet's.
#pragma once

#include <memory>
#include <utility>

#include "arrow/io/interfaces.h"
#include "base/thread_pool.h"
#include "s3/object_reader.h"

namespace s3 {

/// Each ReadAt is one read of exactly the bytes of the object at that position; the size is that of
/// the listing. ReadAsync does it on a thread of `io`. Nothing is cached or read ahead. ReadAt,
/// ReadAsync and GetSize are thread-safe; Read, Seek, Tell and Close are not.
class ObjectFile final : public arrow::io::RandomAccessFile {
 public:
  /// `io` must outlive the file and what ReadAsync returned.
  ObjectFile(std::shared_ptr<ObjectReader> reader, base::ThreadPool& io)
      : reader_(std::move(reader)), io_(io) {
    set_mode(arrow::io::FileMode::READ);
  }

  arrow::Result<int64_t> GetSize() override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes) override;
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override;
  arrow::Future<std::shared_ptr<arrow::Buffer>> ReadAsync(const arrow::io::IOContext& context,
                                                          int64_t position,
                                                          int64_t nbytes) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override;
  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override;
  arrow::Status Seek(int64_t position) override;
  arrow::Result<int64_t> Tell() const override;
  arrow::Status Close() override;
  bool closed() const override { return closed_; }

 private:
  const std::shared_ptr<ObjectReader> reader_;
  base::ThreadPool& io_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace s3
