// An object of text, from its stored bytes to its text.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "arrow/io/interfaces.h"
#include "arrow/result.h"
#include "formats/format.h"
#include "formats/text/byte_source.h"
#include "formats/text/compression.h"
#include "formats/text/text_options.h"

namespace formats {

/// How an object is stored, and where its first row is.
struct TextPlace {
  int64_t object_bytes = 0;
  Compression compression = Compression::kNone;
  Encoding encoding = Encoding::kUtf8;
  /// Of the text, before the first row.
  int64_t skipped_bytes = 0;
  /// Line ends within these bytes.
  int64_t skipped_lines = 0;
};

/// The stored bytes, as a reader gets them or as a finder of layouts does.
std::unique_ptr<ByteSource> StoredBytes(const TextPlace& place,
                                        std::shared_ptr<arrow::io::RandomAccessFile> file,
                                        const ScanOptions& options);
std::unique_ptr<ByteSource> StoredBytes(const TextPlace& place, ReadBytes read);

/// The text from the first row on.
[[nodiscard]] arrow::Result<std::unique_ptr<ByteSource>> OpenText(
    const TextPlace& place, std::unique_ptr<ByteSource> stored);

/// The one scan task of an object of text.
ScanTask TextTask(const TextPlace& place);

/// What decoding takes beside the stored bytes, where little is known of the object.
int64_t TextDecodeBytes(int64_t object_bytes, bool compressed);

/// Size of the blocks that an object is divided into, and what its longest row may take.
int64_t TextBlockBytes(const ScanOptions& options);
int64_t MaxRecordBytes(const ScanOptions& options);

/// Text in memory, followed by kTextPadding bytes.
struct TextSample {
  std::string text;
  /// Without the padding.
  size_t size = 0;
  /// It is all of the object's text.
  bool is_all = false;
};

/// The text that the first bytes of an object hold, up to `max_bytes` of it. `stored_is_all`: these
/// are all bytes of the object.
[[nodiscard]] arrow::Result<TextSample> SampleOf(const arrow::Buffer& stored, bool stored_is_all,
                                                 Compression compression, Encoding encoding,
                                                 int64_t max_bytes);

}  // namespace formats
