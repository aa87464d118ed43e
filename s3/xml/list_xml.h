// Reads the answer of ListObjectsV2.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "s3/object_store.h"

namespace s3 {

/// `xml` is overwritten. Keys are decoded if the server says EncodingType url. A retryable
/// kTransport error if it is not a complete listing; the text does not say what was listed.
[[nodiscard]] arrow::Result<ListPage> ParseListPage(std::string xml);

/// Decodes S3's encoding-type=url: %XX is a byte, '+' a space. Nothing if a '%' is not followed by
/// two hexadecimal digits.
std::optional<std::string> UrlDecode(std::string_view text);

}  // namespace s3
