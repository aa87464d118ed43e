// Counts what passes to another store. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "s3/object_store.h"

namespace source {

/// Requests without those that were tried again, and the bytes of content that came back.
struct RequestCounts {
  std::atomic<int64_t> lists = 0;
  std::atomic<int64_t> keys = 0;
  std::atomic<int64_t> gets = 0;
  std::atomic<int64_t> bytes = 0;
};

class CountingStore final : public s3::ObjectStore {
 public:
  /// `counts` must outlive it.
  CountingStore(std::shared_ptr<s3::ObjectStore> store, RequestCounts& counts)
      : store_(std::move(store)), counts_(counts) {}

  std::string Name() const override { return store_->Name(); }

  arrow::Result<s3::ListPage> List(const s3::ListRequest& request, std::stop_token stop) override {
    ++counts_.lists;
    ARROW_ASSIGN_OR_RAISE(s3::ListPage page, store_->List(request, std::move(stop)));
    counts_.keys += static_cast<int64_t>(page.objects.size());
    return page;
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const s3::GetRequest& request,
                                                    std::stop_token stop) override {
    ++counts_.gets;
    ARROW_ASSIGN_OR_RAISE(auto bytes, store_->Get(request, std::move(stop)));
    counts_.bytes += bytes->size();
    return bytes;
  }

  arrow::Result<std::optional<s3::Checksum>> StoredChecksum(const std::string& key,
                                                            const std::string& etag,
                                                            std::stop_token stop) override {
    ++counts_.gets;
    return store_->StoredChecksum(key, etag, std::move(stop));
  }

 private:
  const std::shared_ptr<s3::ObjectStore> store_;
  RequestCounts& counts_;
};

}  // namespace source
