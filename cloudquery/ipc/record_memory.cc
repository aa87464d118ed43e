#include "cloudquery/ipc/record_memory.h"

#include <utility>

#include "arrow/util/bit_util.h"

namespace cloudquery {
namespace {

// Records start on cache lines of their own, since one may be written while another is sent.
constexpr int64_t kAlignment = 64;

}  // namespace

class ChunkPool::Chunk : public arrow::MutableBuffer {
 public:
  Chunk(std::shared_ptr<ChunkPool> pool, Memory memory)
      : arrow::MutableBuffer(memory->mutable_data(), memory->size()),
        pool_(std::move(pool)),
        memory_(std::move(memory)) {}
  ~Chunk() override { pool_->Return(std::move(memory_)); }

 private:
  std::shared_ptr<ChunkPool> pool_;
  Memory memory_;
};

std::shared_ptr<ChunkPool> ChunkPool::Make() {
  return std::shared_ptr<ChunkPool>(new ChunkPool());  // constructor is private
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ChunkPool::Take() {
  Memory memory;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      memory = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (memory == nullptr) {
    ARROW_ASSIGN_OR_RAISE(memory, arrow::AllocateBuffer(kChunkBytes));
  }
  return std::make_shared<Chunk>(shared_from_this(), std::move(memory));
}

void ChunkPool::Return(Memory memory) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(memory));
}

arrow::Result<std::shared_ptr<arrow::Buffer>> RecordMemory::Allocate(int64_t bytes) {
  if (bytes > ChunkPool::kChunkBytes) {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> own, arrow::AllocateBuffer(bytes));
    return own;
  }
  if (chunk_ == nullptr || bytes > ChunkPool::kChunkBytes - used_bytes_) {
    ARROW_ASSIGN_OR_RAISE(chunk_, pool_.Take());
    used_bytes_ = 0;
  }
  auto memory = arrow::SliceMutableBuffer(chunk_, used_bytes_, bytes);
  used_bytes_ += arrow::bit_util::RoundUp(bytes, kAlignment);
  return memory;
}

}  // namespace cloudquery
