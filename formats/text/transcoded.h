// Text as UTF-8, whatever encoding it is stored in.
#pragma once

#include <memory>

#include "arrow/result.h"
#include "formats/text/byte_source.h"
#include "formats/text/text_options.h"

namespace formats {

/// `text` in UTF-8 without a byte order mark at its beginning. What is UTF-8 already is passed on
/// unchecked; halves of UTF-16 pairs become U+FFFD.
[[nodiscard]] arrow::Result<std::unique_ptr<ByteSource>> InUtf8(Encoding encoding,
                                                                std::unique_ptr<ByteSource> text);

}  // namespace formats
