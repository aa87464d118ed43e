// Lists a bucket in parallel. S3 lists keys in pages of 1,000, and each page must have arrived
// before the next one can be requested. A key range with more than one page is divided at a split
// point (a folder in the middle of those still to be listed), and both parts are listed at the same
// time. A range is divided only after a full page, so a short listing is still one request.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "base/thread_pool.h"
#include "s3/object_store.h"

namespace s3 {

struct ListOptions {
  /// Plain key prefix; may end inside a name. Empty: the whole bucket.
  std::string prefix;
  /// Max keys of a page. For tests; S3 returns at most 1,000.
  int page_keys = 1000;
};

/// Lists all keys with the prefix on the threads of `io`. Calls `take` for each page, one call at a
/// time, in no particular order; a key occurs twice only if the server's pages overlap. Returns
/// when no thread works on the listing any more. Returns the first failure; the pages are then not
/// complete. Must not be called from a task of `io`.
[[nodiscard]] arrow::Status ListAll(ObjectStore& store, const ListOptions& options,
                                    base::ThreadPool& io,
                                    const std::function<void(std::vector<ObjectInfo>)>& take,
                                    std::stop_token stop);

}  // namespace s3
