// Threads that the system may refuse: it does when a limit of processes, of a container or of
// memory is reached.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <thread>

namespace base {

/// A thread that runs `body`. One that is not joinable when the system refuses it; `body` is then
/// never called, and the caller goes on without it, or fails. Thread-safe.
[[nodiscard]] std::jthread TryStartThread(std::function<void(std::stop_token)> body);

/// Whether the process's limit of address space (RLIMIT_AS) leaves room for `bytes` more, if it has
/// any. Threads that took the last of it would leave none for the work that they are for.
[[nodiscard]] bool HasAddressSpace(size_t bytes);

}  // namespace base
