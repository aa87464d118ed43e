#include "formats/chunk_stream.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "arrow/buffer.h"
#include "arrow/util/future.h"
#include "base/error.h"

namespace formats {
namespace {

// Arrow's BufferedInputStream is not used: each look ahead at the end of its buffer makes the
// buffer grow for good, and it copies every page once more.
class ChunkStream : public arrow::io::InputStream {
 public:
  ChunkStream(std::shared_ptr<arrow::io::RandomAccessFile> file, arrow::io::ReadRange range,
              int64_t window_bytes, arrow::MemoryPool* pool, int64_t max_read_bytes,
              std::stop_token stop)
      : file_(std::move(file)),
        end_(range.offset + range.length),
        window_bytes_(window_bytes),
        pool_(pool),
        max_read_bytes_(max_read_bytes),
        stop_(std::move(stop)),
        position_(range.offset),
        fetched_end_(range.offset) {
    if (window_bytes_ > 0) FetchNext();
  }
  ~ChunkStream() override { Forget(); }

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
    Forget();
    return arrow::Status::OK();
  }

 private:
  /// The next bytes, fewer than `nbytes` only at the end.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Ahead(int64_t nbytes) {
    if (closed_) return arrow::Status::Invalid("read from a closed stream");
    if (stop_.stop_requested()) return base::Cancelled();
    nbytes = std::min(nbytes, end_ - position_);
    if (nbytes == 0) return std::make_shared<arrow::Buffer>(std::string_view(""));
    if (window_bytes_ == 0) return file_->ReadAt(position_, nbytes);
    if (nbytes > Held()) ARROW_RETURN_NOT_OK(MoveWindow(nbytes));
    return arrow::SliceBuffer(window_, position_ - window_offset_, std::min(nbytes, Held()));
  }

  int64_t Held() const {
    return window_ == nullptr ? 0 : window_offset_ + window_->size() - position_;
  }

  /// Lets the window begin at the position and hold `nbytes` at least, and has what follows it
  /// fetched. A new buffer each time, since slices of the old one may be in use.
  arrow::Status MoveWindow(int64_t nbytes) {
    if (nbytes > max_read_bytes_) {
      return base::MakeError(base::ErrorKind::kLimit,
                             "a page of " + std::to_string(nbytes) + " bytes is larger than the " +
                                 std::to_string(max_read_bytes_) + " that pages may take");
    }
    ARROW_ASSIGN_OR_RAISE(auto next, TakeNext());
    arrow::BufferVector parts;
    if (Held() > 0) {
      parts.push_back(arrow::SliceBuffer(window_, position_ - window_offset_, Held()));
    }
    const int64_t missing = nbytes - Held() - next->size();
    parts.push_back(std::move(next));
    if (missing > 0 && fetched_end_ < end_) {
      const auto fetched = Fetch(missing);
      ARROW_ASSIGN_OR_RAISE(auto rest, fetched.result());
      fetched_end_ += rest->size();
      parts.push_back(std::move(rest));
    }
    FetchNext();
    window_offset_ = position_;
    if (parts.size() == 1) {
      window_ = std::move(parts[0]);
      return arrow::Status::OK();
    }
    return arrow::ConcatenateBuffers(parts, pool_).Value(&window_);
  }

  /// What follows the fetched bytes; waits for it.
  arrow::Result<std::shared_ptr<arrow::Buffer>> TakeNext() {
    if (!next_.is_valid()) FetchNext();
    if (!next_.is_valid()) return std::make_shared<arrow::Buffer>(std::string_view(""));
    const auto next = std::exchange(next_, {});
    ARROW_ASSIGN_OR_RAISE(auto bytes, next.result());
    fetched_end_ += bytes->size();
    return bytes;
  }

  void FetchNext() {
    if (fetched_end_ < end_) next_ = Fetch(window_bytes_);
  }

  arrow::Future<std::shared_ptr<arrow::Buffer>> Fetch(int64_t nbytes) {
    return file_->ReadAsync(arrow::io::IOContext(pool_), fetched_end_,
                            std::min(nbytes, end_ - fetched_end_));
  }

  void Forget() {
    window_.reset();
    peeked_.reset();
    // What was asked for counts as this stream's work until it is there.
    if (next_.is_valid()) std::exchange(next_, {}).Wait();
  }

  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const int64_t end_;
  const int64_t window_bytes_;
  arrow::MemoryPool* const pool_;
  const int64_t max_read_bytes_;
  const std::stop_token stop_;
  int64_t position_;
  std::shared_ptr<arrow::Buffer> window_;
  int64_t window_offset_ = 0;
  // Up to here, bytes are in the window or were already used; next_ follows.
  int64_t fetched_end_;
  arrow::Future<std::shared_ptr<arrow::Buffer>> next_;
  // Keeps the last view that Peek gave out valid.
  std::shared_ptr<arrow::Buffer> peeked_;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::InputStream> OpenChunk(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                  arrow::io::ReadRange range, int64_t window_bytes,
                                                  arrow::MemoryPool* pool, int64_t max_read_bytes,
                                                  std::stop_token stop) {
  return std::make_shared<ChunkStream>(std::move(file), range, window_bytes, pool, max_read_bytes,
                                       std::move(stop));
}

}  // namespace formats
