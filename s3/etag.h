// ETags as listings and responses write them: with quotes as RFC 9110 requires, or without.
#pragma once

#include <string>
#include <string_view>

namespace s3 {

/// The ETag in quotes. An ETag that has quotes, such as a weak one (W/"..."), and an empty one are
/// not changed.
std::string QuotedETag(std::string_view etag);

/// The ETag for If-Match, which accepts no weak ETags.
std::string StrongETag(std::string_view etag);

/// Whether both name the same content. Quotes and weakness are ignored.
bool SameETag(std::string_view one, std::string_view other);

}  // namespace s3
