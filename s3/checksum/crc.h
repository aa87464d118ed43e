// The CRCs that S3 stores with objects: of bytes, and of bytes that follow each other.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "s3/checksum/checksum.h"

namespace s3 {

/// Whether the algorithm is a CRC. The functions below are for these alone.
bool IsCrc(ChecksumAlgorithm algorithm);

/// In the low bits. Eight bytes a step: about 2 GB/s on a core of 3 GHz.
uint64_t CrcOf(ChecksumAlgorithm algorithm, std::span<const uint8_t> content);

/// Of what `first` is of and, behind it, the `second_bytes` bytes that `second` is of. Takes some
/// microseconds, however many bytes these are.
uint64_t CombinedCrc(ChecksumAlgorithm algorithm, uint64_t first, uint64_t second,
                     int64_t second_bytes);

/// In the form of Checksum::value.
std::string CrcText(ChecksumAlgorithm algorithm, uint64_t crc);

/// The bytes in base64.
std::string Base64(std::span<const uint8_t> bytes);

}  // namespace s3
