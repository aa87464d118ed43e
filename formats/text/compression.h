// Which compression an object of text has, and its bytes decompressed one after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "arrow/result.h"
#include "formats/text/byte_source.h"
#include "formats/text/text_options.h"

namespace formats {

enum class Compression : uint8_t { kNone, kGzip, kZstd, kBzip2, kLz4 };

/// By the first bytes of the object, or as it was chosen. kUnsupported: they are those of a
/// compression or an archive that cannot be read; the text names it.
[[nodiscard]] arrow::Result<Compression> FindCompression(std::string_view first_bytes,
                                                         CompressionChoice choice);

/// The key without the ending of a compression: "a.csv.gz" is "a.csv".
std::string_view WithoutCompressionEnding(std::string_view key);

/// What `stored` decompresses to; members or frames that follow one another count as one text.
/// kCorrupt: it is damaged, ends within a member, or has other bytes behind the last one.
[[nodiscard]] arrow::Result<std::unique_ptr<ByteSource>> Decompressed(
    Compression compression, std::unique_ptr<ByteSource> stored);

}  // namespace formats
