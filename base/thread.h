// Starts threads that the system may refuse, which it does when a limit of processes, of a
// container or of memory is reached.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <thread>

namespace base {

/// A thread that runs `body`. It is not joinable if the system refuses it; `body` is then never
/// called, and the caller continues without it or fails. Thread-safe.
[[nodiscard]] std::jthread TryStartThread(std::function<void(std::stop_token)> body);

/// Whether the process's limit of address space (RLIMIT_AS), if any, leaves `bytes` more. Threads
/// that used up the address space would leave none for their work.
[[nodiscard]] bool HasAddressSpace(size_t bytes);

}  // namespace base
