// A listing that goes faster the longer it gets. S3 lists keys in pages of 1,000, each of which
// must be there before the next can be asked for. A range of keys that has more pages is divided
// at a folder in the middle of those to come, and both parts are listed side by side; so every
// division has been paid for by a full page, and a short listing is one request as ever.
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
  /// Keys of a page. For tests; S3 gives no more than 1,000.
  int page_keys = 1000;
};

/// Lists all keys with the prefix on the threads of `io`; a key comes twice only where the pages of
/// the server overlap. `take` gets page by page,
/// one at a time, in no particular order. Returns once no thread works on it any more; after a
/// failure that is the first one, and what `take` got is not complete. Not to be called from a task
/// of `io`.
[[nodiscard]] arrow::Status ListAll(ObjectStore& store, const ListOptions& options,
                                    base::ThreadPool& io,
                                    const std::function<void(std::vector<ObjectInfo>)>& take,
                                    std::stop_token stop);

}  // namespace s3
