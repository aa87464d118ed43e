#include "s3/etag.h"

#include "base/text.h"

namespace s3 {
namespace {

constexpr std::string_view kWeak = "W/";

std::string_view WithoutWeakness(std::string_view etag) {
  if (etag.starts_with(kWeak)) etag.remove_prefix(kWeak.size());
  return etag;
}

bool IsQuoted(std::string_view etag) {
  return etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"');
}

std::string_view Opaque(std::string_view etag) {
  etag = WithoutWeakness(etag);
  return IsQuoted(etag) ? etag.substr(1, etag.size() - 2) : etag;
}

}  // namespace

std::string QuotedETag(std::string_view etag) {
  if (etag.empty() || IsQuoted(WithoutWeakness(etag))) return std::string(etag);
  return base::Quoted(etag);
}

std::string StrongETag(std::string_view etag) { return QuotedETag(WithoutWeakness(etag)); }

bool SameETag(std::string_view one, std::string_view other) { return Opaque(one) == Opaque(other); }

}  // namespace s3
