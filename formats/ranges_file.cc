#include "formats/ranges_file.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.h"

namespace formats {
namespace {

int64_t EndOf(const FetchedRange& range) { return range.offset + range.bytes->size(); }

arrow::Status NotFetched(int64_t position) {
  return base::MakeError(base::ErrorKind::kCorrupt,
                         "byte " + std::to_string(position) +
                             " is needed, but the footer gives it to no data of this row group");
}

}  // namespace

arrow::Result<std::shared_ptr<RangesFile>> RangesFile::Make(int64_t object_bytes,
                                                            std::vector<FetchedRange> ranges,
                                                            arrow::MemoryPool* pool) {
  std::erase_if(ranges, [](const FetchedRange& range) { return range.bytes->size() == 0; });
  std::ranges::sort(ranges, {}, &FetchedRange::offset);
  int64_t end = 0;
  for (const FetchedRange& range : ranges) {
    if (range.offset < end || range.bytes->size() > object_bytes - range.offset) {
      return arrow::Status::Invalid("fetched range at byte ", range.offset,
                                    " overlaps another one or ends beyond the object");
    }
    end = EndOf(range);
  }
  return std::shared_ptr<RangesFile>(new RangesFile(object_bytes, std::move(ranges), pool));
}

RangesFile::RangesFile(int64_t object_bytes, std::vector<FetchedRange> ranges,
                       arrow::MemoryPool* pool)
    : object_bytes_(object_bytes), ranges_(std::move(ranges)), pool_(pool) {}

arrow::Result<int64_t> RangesFile::BytesToRead(int64_t position, int64_t nbytes,
                                               bool allow_short_read) const {
  if (closed_) return arrow::Status::Invalid("read from a closed file");
  if (position < 0 || nbytes < 0 || position > object_bytes_) {
    return arrow::Status::Invalid("read of ", nbytes, " bytes at ", position, " of an object of ",
                                  object_bytes_, " bytes");
  }
  const int64_t available = std::min(nbytes, object_bytes_ - position);
  if (available < nbytes && !allow_short_read) return NotFetched(object_bytes_);
  return available;
}

int64_t RangesFile::Find(int64_t position) const {
  const auto after = std::ranges::upper_bound(ranges_, position, {}, &FetchedRange::offset);
  const int64_t index = after - ranges_.begin() - 1;
  return index >= 0 && position < EndOf(ranges_[index]) ? index : -1;
}

arrow::Status RangesFile::Copy(int64_t position, int64_t nbytes, uint8_t* out) const {
  while (nbytes > 0) {
    const int64_t index = Find(position);
    if (index < 0) return NotFetched(position);
    const FetchedRange& range = ranges_[index];
    const int64_t length = std::min(nbytes, EndOf(range) - position);
    std::memcpy(out, range.bytes->data() + (position - range.offset), length);
    position += length;
    out += length;
    nbytes -= length;
  }
  return arrow::Status::OK();
}

arrow::Result<int64_t> RangesFile::ReadAt(int64_t position, int64_t nbytes, bool allow_short_read,
                                          void* out) {
  ARROW_ASSIGN_OR_RAISE(const int64_t length, BytesToRead(position, nbytes, allow_short_read));
  ARROW_RETURN_NOT_OK(Copy(position, length, static_cast<uint8_t*>(out)));
  return length;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> RangesFile::ReadAt(int64_t position, int64_t nbytes,
                                                                 bool allow_short_read) {
  ARROW_ASSIGN_OR_RAISE(const int64_t length, BytesToRead(position, nbytes, allow_short_read));
  if (length == 0) return std::make_shared<arrow::Buffer>(std::string_view(""));
  const int64_t index = Find(position);
  if (index < 0) return NotFetched(position);
  const FetchedRange& range = ranges_[index];
  if (length <= EndOf(range) - position) {
    return arrow::SliceBuffer(range.bytes, position - range.offset, length);
  }
  ARROW_ASSIGN_OR_RAISE(auto copy, arrow::AllocateBuffer(length, pool_));
  ARROW_RETURN_NOT_OK(Copy(position, length, copy->mutable_data()));
  return std::shared_ptr<arrow::Buffer>(std::move(copy));
}

arrow::Result<int64_t> RangesFile::ReadAt(int64_t position, int64_t nbytes, void* out) {
  return ReadAt(position, nbytes, /*allow_short_read=*/true, out);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> RangesFile::ReadAt(int64_t position, int64_t nbytes) {
  return ReadAt(position, nbytes, /*allow_short_read=*/true);
}

arrow::Result<int64_t> RangesFile::Read(int64_t nbytes, void* out) {
  ARROW_ASSIGN_OR_RAISE(const int64_t length, ReadAt(position_, nbytes, out));
  position_ += length;
  return length;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> RangesFile::Read(int64_t nbytes) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, nbytes));
  position_ += buffer->size();
  return buffer;
}

arrow::Status RangesFile::Seek(int64_t position) {
  if (position < 0 || position > object_bytes_) {
    return arrow::Status::Invalid("seek to byte ", position, " of ", object_bytes_);
  }
  position_ = position;
  return arrow::Status::OK();
}

arrow::Status RangesFile::Close() {
  closed_ = true;
  ranges_.clear();
  return arrow::Status::OK();
}

}  // namespace formats
