#include "formats/parquet/page_pool.h"

#include "base/error.h"
#include "base/memory_scope.h"

namespace formats {

arrow::Status PagePool::Check(int64_t old_size, int64_t new_size) const {
  if (new_size > page_bytes_) {
    return base::MakeError(base::ErrorKind::kCorrupt,
                           "a page claims " + std::to_string(new_size) +
                               " bytes, far more than the footer gives to its column");
  }
  if (new_size > old_size && new_size - old_size > total_bytes_ - held_bytes_) {
    return base::MakeError(base::ErrorKind::kLimit, "its decompressed pages take more than " +
                                                        std::to_string(total_bytes_) + " bytes");
  }
  return arrow::Status::OK();
}

arrow::Status PagePool::Allocate(int64_t size, int64_t alignment, uint8_t** out) {
  ARROW_RETURN_NOT_OK(Check(0, size));
  const base::MemoryScope::Pause pause;
  ARROW_RETURN_NOT_OK(pool_->Allocate(size, alignment, out));
  held_bytes_ += size;
  return arrow::Status::OK();
}

arrow::Status PagePool::Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                                   uint8_t** ptr) {
  ARROW_RETURN_NOT_OK(Check(old_size, new_size));
  const base::MemoryScope::Pause pause;
  ARROW_RETURN_NOT_OK(pool_->Reallocate(old_size, new_size, alignment, ptr));
  held_bytes_ += new_size - old_size;
  return arrow::Status::OK();
}

void PagePool::Free(uint8_t* buffer, int64_t size, int64_t alignment) {
  const base::MemoryScope::Pause pause;
  pool_->Free(buffer, size, alignment);
  held_bytes_ -= size;
}

}  // namespace formats
