// ETags as listings and answers write them: with quotes as RFC 9110 wants them, or without.
#pragma once

#include <string>
#include <string_view>

namespace s3 {

/// The ETag in quotes. One that has them, a weak one (W/"...") among them, stays as it is, and so
/// does an empty one.
std::string QuotedETag(std::string_view etag);

/// For If-Match, which takes no weak ETags.
std::string StrongETag(std::string_view etag);

/// Whether both name the same content, whatever their quotes and weakness.
bool SameETag(std::string_view one, std::string_view other);

}  // namespace s3
