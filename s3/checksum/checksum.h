// The checksums that S3 stores with objects, see
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace s3 {

class HttpHead;

/// Asks for the checksum in the response to a GET of the whole object or to a HEAD.
inline constexpr char kWantChecksum[] = "x-amz-checksum-mode: ENABLED";

enum class ChecksumAlgorithm { kCrc32, kCrc32c, kCrc64Nvme, kSha1, kSha256 };

/// Of the content of one object.
struct Checksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::kCrc32;
  /// In base64; of a CRC, its bytes in big-endian order.
  std::string value;

  bool operator==(const Checksum&) const = default;
};

/// The checksum of the whole content in the head. Nothing if there is none, or if it is a checksum
/// of the checksums of parts, which cannot be verified without knowing where the parts end.
std::optional<Checksum> ChecksumIn(const HttpHead& head);

/// The checksum of `content`, in the form of Checksum::value.
std::string ChecksumValue(ChecksumAlgorithm algorithm, std::span<const uint8_t> content);

}  // namespace s3
