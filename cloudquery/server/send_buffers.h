// Larger send buffers for the unix sockets that clients are connected to. The kernel's default of
// 208 KiB is full after every third of a megabyte or so of records, and each time gRPC's threads
// go to sleep and wake each other; gRPC itself has no setting for it.
#pragma once

namespace cloudquery {

/// What is asked for; the kernel gives at most twice net.core.wmem_max, in most cases 416 KiB.
inline constexpr int kSendBufferBytes = 1024 * 1024;

/// Asks for it on every connection to a unix socket that this process has accepted. TCP sockets are
/// left alone: the kernel fits theirs to the connection. Thread-safe. Returns how many sockets it
/// changed.
int WidenSendBuffers();

}  // namespace cloudquery
