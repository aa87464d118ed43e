// Larger send buffers for the unix sockets of connected clients. gRPC has no setting for them.
//
// The kernel's default of 208 KiB is full after about a third of a megabyte of records. Each time,
// gRPC's threads go to sleep and wake each other. Without the larger buffers a sync of the data set
// `narrow` (bench/run) took 4 to 7 % more CPU time at 500 rows a record and 11 to 13 % more at
// 10,000 (medians of 9 and of 15 interleaved runs with and without, two busy cores).
#pragma once

namespace cloudquery {

/// The size that is requested. The kernel gives at most twice net.core.wmem_max, usually 416 KiB.
inline constexpr int kSendBufferBytes = 1024 * 1024;

/// Requests it for every connection to a unix socket that this process has accepted. Skips TCP
/// sockets, whose buffers the kernel fits to the connection. Returns the number of sockets that it
/// changed. Thread-safe.
int WidenSendBuffers();

}  // namespace cloudquery
