// Reads the answer of ListObjectsV2.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "s3/object_store.h"

namespace s3 {

/// `xml` is overwritten. Keys come decoded when the server says EncodingType url. A retryable
/// kTransport error when it is no complete listing, with a text that lacks what was listed.
[[nodiscard]] arrow::Result<ListPage> ParseListPage(std::string xml);

/// S3's encoding-type=url: %XX is a byte, '+' a space. Nothing when a '%' has no two hex digits.
std::optional<std::string> UrlDecode(std::string_view text);

}  // namespace s3
