#include "formats/chunk_stream.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "arrow/buffer.h"

namespace formats {
namespace {

// Arrow's BufferedInputStream is not used: each look ahead at the end of its buffer makes the
// buffer grow for good, and it copies every page once more.
class ChunkStream : public arrow::io::InputStream {
 public:
  ChunkStream(std::shared_ptr<arrow::io::RandomAccessFile> file, arrow::io::ReadRange range,
              int64_t window_bytes, arrow::MemoryPool* pool)
      : file_(std::move(file)),
        end_(range.offset + range.length),
        window_bytes_(window_bytes),
        pool_(pool),
        position_(range.offset) {}

  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, Read(nbytes));
    std::memcpy(out, bytes->data(), bytes->size());
    return bytes->size();
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(auto bytes, Ahead(nbytes));
    position_ += bytes->size();
    return bytes;
  }

  arrow::Result<std::string_view> Peek(int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(peeked_, Ahead(nbytes));
    return std::string_view{*peeked_};
  }

  arrow::Result<int64_t> Tell() const override { return position_; }
  bool supports_zero_copy() const override { return true; }
  bool closed() const override { return closed_; }
  arrow::Status Close() override {
    closed_ = true;
    window_.reset();
    peeked_.reset();
    return arrow::Status::OK();
  }

 private:
  /// The next bytes, fewer than `nbytes` only at the end.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Ahead(int64_t nbytes) {
    if (closed_) return arrow::Status::Invalid("read from a closed stream");
    nbytes = std::min(nbytes, end_ - position_);
    if (nbytes == 0) return std::make_shared<arrow::Buffer>(std::string_view(""));
    if (window_bytes_ == 0) return file_->ReadAt(position_, nbytes);
    if (nbytes > Held()) ARROW_RETURN_NOT_OK(MoveWindow(nbytes));
    return arrow::SliceBuffer(window_, position_ - window_offset_, std::min(nbytes, Held()));
  }

  int64_t Held() const {
    return window_ == nullptr ? 0 : window_offset_ + window_->size() - position_;
  }

  /// Lets the window begin at the position and hold `nbytes` at least. A new buffer each time,
  /// since slices of the old one may be in use.
  arrow::Status MoveWindow(int64_t nbytes) {
    const int64_t length = std::min(std::max(nbytes, window_bytes_), end_ - position_);
    const int64_t held = Held();
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> next,
                          arrow::AllocateBuffer(length, pool_));
    if (held > 0) {
      std::memcpy(next->mutable_data(), window_->data() + window_->size() - held, held);
    }
    ARROW_ASSIGN_OR_RAISE(const int64_t fetched, file_->ReadAt(position_ + held, length - held,
                                                               next->mutable_data() + held));
    window_ = arrow::SliceBuffer(next, 0, held + fetched);
    window_offset_ = position_;
    return arrow::Status::OK();
  }

  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const int64_t end_;
  const int64_t window_bytes_;
  arrow::MemoryPool* const pool_;
  int64_t position_;
  std::shared_ptr<arrow::Buffer> window_;
  int64_t window_offset_ = 0;
  // Keeps the last view that Peek gave out valid.
  std::shared_ptr<arrow::Buffer> peeked_;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::InputStream> OpenChunk(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                  arrow::io::ReadRange range, int64_t window_bytes,
                                                  arrow::MemoryPool* pool) {
  return std::make_shared<ChunkStream>(std::move(file), range, window_bytes, pool);
}

}  // namespace formats
