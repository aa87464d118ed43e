// What the head of a successful answer to a Get promises, held against what was asked for.
#pragma once

#include <string_view>

#include "arrow/status.h"
#include "s3/http/http_client.h"
#include "s3/object_store.h"

namespace s3 {

/// OK when the body will be exactly the bytes of `range`, as far as the head tells, of the object
/// with the ETag `if_match` (empty: any). A body without a length may still turn out to be another.
/// kChanged when the object is another one, else a retryable kTransport.
[[nodiscard]] arrow::Status CheckHead(const HttpHead& head, const ByteRange& range,
                                      std::string_view if_match);

}  // namespace s3
