// Where certain bytes are, 64 at a time. Pure functions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace formats {

/// Readable bytes that must follow a text which is searched with these functions.
inline constexpr size_t kTextPadding = 64;

/// Bit i is set where data[i] is `byte`, for 64 bytes.
inline uint64_t MaskOf(const char* data, char byte) {
  uint64_t mask = 0;
#ifdef __SSE2__
  const __m128i wanted = _mm_set1_epi8(byte);
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + 16 * i));
    const auto part = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted)));
    mask |= uint64_t{part} << (16 * i);
  }
#else
  for (int i = 0; i < 64; ++i) mask |= uint64_t{data[i] == byte} << i;
#endif
  return mask;
}

/// Finds the next of two bytes. `data` is followed by kTextPadding readable bytes.
class TwoByteFinder {
 public:
  TwoByteFinder(const char* data, size_t size, char one, char other)
      : data_(data), size_(size), one_(one), other_(other) {}

  /// At `from` or behind it; `size` if there is none.
  size_t Next(size_t from) {
    size_t block = from / 64 * 64;
    if (block != block_) Load(block);
    uint64_t mask = mask_ & (~uint64_t{0} << (from % 64));
    while (mask == 0) {
      block += 64;
      if (block >= size_) return size_;
      Load(block);
      mask = mask_;
    }
    const size_t at = block + static_cast<size_t>(std::countr_zero(mask));
    return at < size_ ? at : size_;
  }

 private:
  void Load(size_t block) {
    block_ = block;
    mask_ = block < size_ ? MaskOf(data_ + block, one_) | MaskOf(data_ + block, other_) : 0;
  }

  const char* const data_;
  const size_t size_;
  const char one_;
  const char other_;
  size_t block_ = SIZE_MAX;
  uint64_t mask_ = 0;
};

}  // namespace formats
