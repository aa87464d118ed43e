#include "s3/generation.h"

#include <string>
#include <utility>

#include "base/error.h"

namespace s3 {

arrow::Status Relist(ObjectStore& store, Generation& generation, const std::stop_token& stop) {
  const std::string& key = generation.listed->key;
  if (generation.relistings == Generation::kMaxRelistings) {
    return base::MakeError(
        {.kind = base::ErrorKind::kChanged, .key = key},
        "the object changed " + std::to_string(Generation::kMaxRelistings + 1) +
            " times while it was read. Sync again when it is not being written.");
  }
  // The key itself is the first of all keys that begin with it.
  ARROW_ASSIGN_OR_RAISE(ListPage page, store.List({.prefix = key, .max_keys = 1}, stop));
  if (page.objects.empty() || page.objects[0].key != key) {
    return base::MakeError({.kind = base::ErrorKind::kNotFound, .key = key},
                           "the object was deleted while it was read.");
  }
  generation.relisted = std::make_shared<const ObjectInfo>(std::move(page.objects[0]));
  ++generation.relistings;
  return arrow::Status::OK();
}

}  // namespace s3
