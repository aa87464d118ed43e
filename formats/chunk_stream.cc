#include "formats/chunk_stream.h"

#include <algorithm>
#include <string_view>

#include "arrow/buffer.h"
#include "arrow/io/buffered.h"

namespace formats {
namespace {

/// A part of a file, without any buffering.
class DirectStream : public arrow::io::InputStream {
 public:
  DirectStream(std::shared_ptr<arrow::io::RandomAccessFile> file, arrow::io::ReadRange range)
      : file_(std::move(file)), position_(range.offset), end_(range.offset + range.length) {}

  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t length, file_->ReadAt(position_, Within(nbytes), out));
    position_ += length;
    return length;
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, file_->ReadAt(position_, Within(nbytes)));
    position_ += buffer->size();
    return buffer;
  }

  arrow::Result<std::string_view> Peek(int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(ahead_, file_->ReadAt(position_, Within(nbytes)));
    return std::string_view(*ahead_);
  }

  arrow::Result<int64_t> Tell() const override { return position_; }
  bool supports_zero_copy() const override { return true; }
  bool closed() const override { return closed_; }
  arrow::Status Close() override {
    closed_ = true;
    ahead_.reset();
    return arrow::Status::OK();
  }

 private:
  int64_t Within(int64_t nbytes) const { return std::min(nbytes, end_ - position_); }

  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  int64_t position_;
  const int64_t end_;
  // Keeps the last view that Peek gave out valid.
  std::shared_ptr<arrow::Buffer> ahead_;
  bool closed_ = false;
};

}  // namespace

arrow::Result<std::shared_ptr<arrow::io::InputStream>> OpenChunk(
    std::shared_ptr<arrow::io::RandomAccessFile> file, arrow::io::ReadRange range,
    int64_t window_bytes, arrow::MemoryPool* pool) {
  auto direct = std::make_shared<DirectStream>(std::move(file), range);
  if (window_bytes == 0 || range.length == 0) return direct;
  return arrow::io::BufferedInputStream::Create(std::min(window_bytes, range.length), pool,
                                                std::move(direct), range.length);
}

}  // namespace formats
