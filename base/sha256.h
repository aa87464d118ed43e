// SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace base {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(std::string_view bytes);

Sha256Digest HmacSha256(std::span<const uint8_t> key, std::string_view message);

/// The first 8 bytes as a big-endian number.
uint64_t FirstWord(std::span<const uint8_t, 8> bytes);

}  // namespace base
