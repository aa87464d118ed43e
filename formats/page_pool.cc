#include "formats/page_pool.h"

#include "base/error.h"

namespace formats {

arrow::Status PagePool::Check(int64_t size) const {
  if (size <= limit_bytes_) return arrow::Status::OK();
  return base::MakeError(base::ErrorKind::kCorrupt,
                         "a page claims " + std::to_string(size) +
                             " bytes, far more than the footer gives to its column");
}

arrow::Status PagePool::Allocate(int64_t size, int64_t alignment, uint8_t** out) {
  ARROW_RETURN_NOT_OK(Check(size));
  return pool_->Allocate(size, alignment, out);
}

arrow::Status PagePool::Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                                   uint8_t** ptr) {
  ARROW_RETURN_NOT_OK(Check(new_size));
  return pool_->Reallocate(old_size, new_size, alignment, ptr);
}

}  // namespace formats
