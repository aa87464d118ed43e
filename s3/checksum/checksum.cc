#include "s3/checksum/checksum.h"

#include <openssl/evp.h>

#include <array>

#include "s3/checksum/crc.h"
#include "s3/http/http_client.h"

namespace s3 {
namespace {

struct HeaderName {
  std::string_view name;
  ChecksumAlgorithm algorithm;
};

constexpr std::array kHeaders = {
    HeaderName{"x-amz-checksum-crc64nvme", ChecksumAlgorithm::kCrc64Nvme},
    HeaderName{"x-amz-checksum-crc32c", ChecksumAlgorithm::kCrc32c},
    HeaderName{"x-amz-checksum-crc32", ChecksumAlgorithm::kCrc32},
    HeaderName{"x-amz-checksum-sha256", ChecksumAlgorithm::kSha256},
    HeaderName{"x-amz-checksum-sha1", ChecksumAlgorithm::kSha1},
};

std::string Base64OfDigest(const EVP_MD* digest, std::span<const uint8_t> content) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
  EVP_Digest(content.data(), content.size(), bytes.data(), &size, digest, nullptr);
  return Base64(std::span(bytes).first(size));
}

}  // namespace

std::optional<Checksum> ChecksumIn(const HttpHead& head) {
  if (head.Find("x-amz-checksum-type") == "COMPOSITE") return std::nullopt;
  for (const auto& [name, algorithm] : kHeaders) {
    const std::string_view value = head.Find(name);
    // "value-3" is of the checksums of three parts.
    if (value.empty() || value.find('-') != std::string_view::npos) continue;
    return Checksum{algorithm, std::string(value)};
  }
  return std::nullopt;
}

std::string ChecksumValue(ChecksumAlgorithm algorithm, std::span<const uint8_t> content) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
    case ChecksumAlgorithm::kCrc32c:
    case ChecksumAlgorithm::kCrc64Nvme:
      return CrcText(algorithm, CrcOf(algorithm, content));
    case ChecksumAlgorithm::kSha1:
      return Base64OfDigest(EVP_sha1(), content);
    case ChecksumAlgorithm::kSha256:
      return Base64OfDigest(EVP_sha256(), content);
  }
  return "";
}

}  // namespace s3
