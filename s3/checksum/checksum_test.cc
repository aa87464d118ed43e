#include "s3/checksum/checksum.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "s3/http/http_client.h"

namespace s3 {
namespace {

std::string Of(ChecksumAlgorithm algorithm, std::string_view content) {
  return ChecksumValue(algorithm,
                       {reinterpret_cast<const uint8_t*>(content.data()), content.size()});
}

// The CRCs are the check values of https://reveng.sourceforge.io/crc-catalogue/all.htm in base64.
TEST(ChecksumValue, IsThatOfTheCatalogues) {
  constexpr char kCheck[] = "123456789";
  EXPECT_EQ(Of(ChecksumAlgorithm::kCrc32, kCheck), "y/Q5Jg==");          // cbf43926
  EXPECT_EQ(Of(ChecksumAlgorithm::kCrc32c, kCheck), "4waSgw==");         // e3069283
  EXPECT_EQ(Of(ChecksumAlgorithm::kCrc64Nvme, kCheck), "rosUhgp5mIg=");  // ae8b14860a799888
  EXPECT_EQ(Of(ChecksumAlgorithm::kSha1, ""), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  EXPECT_EQ(Of(ChecksumAlgorithm::kSha256, ""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

// Bit by bit, as the definition has it.
uint64_t PlainCrc64(std::span<const uint8_t> content) {
  uint64_t crc = ~uint64_t{0};
  for (const uint8_t byte : content) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x9a6c9329ac4bc9b5 : 0);
  }
  return ~crc;
}

TEST(ChecksumValue, DoesNotDependOnHowTheContentDividesIntoSteps) {
  std::vector<uint8_t> content(100);
  std::iota(content.begin(), content.end(), uint8_t{37});
  for (size_t size = 0; size <= content.size(); ++size) {
    const auto part = std::span(content).first(size);
    const uint64_t crc = PlainCrc64(part);
    // Base64 of 8 bytes: ten digits of six bits, and one of the last four.
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string expected;
    for (int shift = 58; shift >= 4; shift -= 6) expected += kDigits[crc >> shift & 63];
    expected += kDigits[(crc & 15) << 2];
    EXPECT_EQ(ChecksumValue(ChecksumAlgorithm::kCrc64Nvme, part), expected + "=") << size;
  }
}

std::optional<Checksum> In(const std::string& fields) { return ChecksumIn(HttpHead(200, fields)); }

TEST(ChecksumIn, FindsTheOneThatTheServiceGives) {
  EXPECT_EQ(In("x-amz-checksum-crc32c: 4waSgw==\r\n"),
            (Checksum{ChecksumAlgorithm::kCrc32c, "4waSgw=="}));
  EXPECT_EQ(In("X-Amz-Checksum-Type: FULL_OBJECT\r\nX-Amz-Checksum-CRC64NVME: rosUhgp5mIg=\r\n"),
            (Checksum{ChecksumAlgorithm::kCrc64Nvme, "rosUhgp5mIg="}));
  EXPECT_EQ(In("ETag: \"x\"\r\n"), std::nullopt);
}

TEST(ChecksumIn, PassesOverChecksumsOfParts) {
  EXPECT_EQ(In("x-amz-checksum-crc32: y/Q5Jg==-3\r\n"), std::nullopt);
  EXPECT_EQ(In("x-amz-checksum-type: COMPOSITE\r\nx-amz-checksum-crc32: y/Q5Jg==\r\n"),
            std::nullopt);
}

}  // namespace
}  // namespace s3
