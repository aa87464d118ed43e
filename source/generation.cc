#include "source/generation.h"

#include <string>
#include <utility>

#include "base/error.h"

namespace source {

arrow::Status Renew(s3::ObjectStore& store, Generation& generation, const std::stop_token& stop) {
  const std::string& key = generation.listed->key;
  if (generation.renewals == Generation::kMostRenewals) {
    return base::MakeError({.kind = base::ErrorKind::kChanged, .key = key},
                           "the object changed " + std::to_string(Generation::kMostRenewals + 1) +
                               " times while it was read; sync again when nobody is writing to it");
  }
  // Of all keys that begin with this one, it is the first.
  ARROW_ASSIGN_OR_RAISE(s3::ListPage page, store.List({.prefix = key, .max_keys = 1}, stop));
  if (page.objects.empty() || page.objects[0].key != key) {
    return base::MakeError({.kind = base::ErrorKind::kNotFound, .key = key},
                           "the object was deleted while it was read");
  }
  generation.renewed = std::make_shared<const s3::ObjectInfo>(std::move(page.objects[0]));
  ++generation.renewals;
  return arrow::Status::OK();
}

}  // namespace source
