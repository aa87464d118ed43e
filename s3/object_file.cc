#include "s3/object_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "arrow/buffer.h"
#include "arrow/util/future.h"

namespace s3 {

arrow::Result<int64_t> ObjectFile::GetSize() { return reader_->object().size_bytes; }

arrow::Result<std::shared_ptr<arrow::Buffer>> ObjectFile::ReadAt(int64_t position, int64_t nbytes) {
  if (closed_) return arrow::Status::Invalid("read of a closed file");
  if (position < 0 || nbytes < 0 || position > reader_->object().size_bytes) {
    return arrow::Status::Invalid("read outside of object ", reader_->object().key);
  }
  const int64_t length = std::min(nbytes, reader_->object().size_bytes - position);
  if (length == 0) return arrow::Buffer::FromString("");
  return reader_->Read({position, length});
}

arrow::Result<int64_t> ObjectFile::ReadAt(int64_t position, int64_t nbytes, void* out) {
  ARROW_ASSIGN_OR_RAISE(const auto buffer, ReadAt(position, nbytes));
  std::memcpy(out, buffer->data(), static_cast<size_t>(buffer->size()));
  return buffer->size();
}

arrow::Future<std::shared_ptr<arrow::Buffer>> ObjectFile::ReadAsync(const arrow::io::IOContext&,
                                                                    int64_t position,
                                                                    int64_t nbytes) {
  auto future = arrow::Future<std::shared_ptr<arrow::Buffer>>::Make();
  io_.Submit([self = shared_from_this(), this, future, position, nbytes]() mutable {
    future.MarkFinished(ReadAt(position, nbytes));
  });
  return future;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ObjectFile::Read(int64_t nbytes) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, nbytes));
  position_ += buffer->size();
  return buffer;
}

arrow::Result<int64_t> ObjectFile::Read(int64_t nbytes, void* out) {
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, ReadAt(position_, nbytes, out));
  position_ += bytes;
  return bytes;
}

arrow::Status ObjectFile::Seek(int64_t position) {
  if (closed_) return arrow::Status::Invalid("seek in a closed file");
  if (position < 0 || position > reader_->object().size_bytes) {
    return arrow::Status::Invalid("seek outside of object ", reader_->object().key);
  }
  position_ = position;
  return arrow::Status::OK();
}

arrow::Result<int64_t> ObjectFile::Tell() const {
  if (closed_) return arrow::Status::Invalid("tell of a closed file");
  return position_;
}

arrow::Status ObjectFile::Close() {
  closed_ = true;
  return arrow::Status::OK();
}

}  // namespace s3
