#include "base/thread.h"

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

}  // namespace base
