// Bytes one after the other, wherever they come from: the layers below the readers of text.
#pragma once

#include <cstdint>
#include <memory>

#include "arrow/io/interfaces.h"
#include "arrow/result.h"

namespace formats {

/// Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Writes up to `bytes` (at least 1) to `out`; 0 only at the end.
  [[nodiscard]] virtual arrow::Result<int64_t> Read(int64_t bytes, uint8_t* out) = 0;
};

/// The bytes of a stream.
std::unique_ptr<ByteSource> StreamSource(std::shared_ptr<arrow::io::InputStream> stream);

}  // namespace formats
