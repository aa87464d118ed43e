#include "base/thread.h"

#include <sys/mman.h>

#include <exception>
#include <utility>

namespace base {

std::jthread TryStartThread(std::function<void(std::stop_token)> body) {
  try {
    return std::jthread(std::move(body));
  } catch (const std::exception&) {  // std::system_error, or std::bad_alloc
    return {};
  }
}

bool HasAddressSpace(size_t bytes) {
  void* const room = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                          /*fd=*/-1, /*offset=*/0);
  if (room == MAP_FAILED) return false;
  munmap(room, bytes);
  return true;
}

}  // namespace base
