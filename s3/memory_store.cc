#include "s3/memory_store.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <utility>

#include "arrow/buffer.h"
#include "base/error.h"
#include "s3/etag.h"

namespace s3 {
namespace {

std::string ETagOf(const arrow::Buffer& content) {
  const size_t hash = std::hash<std::string_view>()(std::string_view(content));
  char text[2 * sizeof(hash) + 3];
  std::snprintf(text, sizeof(text), "\"%016zx\"", hash);
  return text;
}

arrow::Status Refuse(int http_status, const std::string& code, const Operation& operation) {
  const std::string body = "<Error><Code>" + code + "</Code></Error>";
  return ErrorFromAnswer({.http_status = http_status, .body = body}, operation);
}

}  // namespace

void MemoryStore::Put(const std::string& key, std::string_view content, Timestamp last_modified,
                      std::string storage_class) {
  Put(key, arrow::Buffer::FromString(std::string(content)), last_modified,
      std::move(storage_class));
}

void MemoryStore::Put(const std::string& key, std::shared_ptr<arrow::Buffer> content,
                      Timestamp last_modified, std::string storage_class) {
  Object object{.info = {.key = key,
                         .size_bytes = content->size(),
                         .etag = ETagOf(*content),
                         .last_modified = last_modified,
                         .storage_class = std::move(storage_class)},
                .content = std::move(content)};
  const std::lock_guard lock(mutex_);
  objects_[key] = std::move(object);
}

void MemoryStore::StoreChecksumOf(const std::string& key, ChecksumAlgorithm algorithm) {
  const std::lock_guard lock(mutex_);
  Object& object = objects_.at(key);
  const auto size = static_cast<size_t>(object.content->size());
  const std::span content(object.content->data(), size);
  object.checksum = {algorithm, ChecksumValue(algorithm, content)};
  object.info.whole_checksum = true;
}

void MemoryStore::Restore(const std::string& key) {
  const std::lock_guard lock(mutex_);
  objects_.at(key).info.restored = true;
}

void MemoryStore::Delete(const std::string& key) {
  const std::lock_guard lock(mutex_);
  objects_.erase(key);
}

void MemoryStore::DeleteBucket() {
  const std::lock_guard lock(mutex_);
  exists_ = false;
  objects_.clear();
}

MemoryStore::Calls MemoryStore::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

arrow::Result<ListPage> MemoryStore::List(const ListRequest& request, std::stop_token stop) {
  if (stop.stop_requested()) return base::Cancelled();
  const std::lock_guard lock(mutex_);
  ++calls_.lists;
  if (!exists_) {
    return Refuse(404, "NoSuchBucket", {.what = "cannot list s3://" + bucket_, .bucket = bucket_});
  }
  const size_t max_keys = static_cast<size_t>(std::clamp(request.max_keys, 1, 1000));
  ListPage page;
  // The token is the last key that the page before is about.
  const std::string& after = std::max(request.continuation, request.start_after);
  auto next =
      after < request.prefix ? objects_.lower_bound(request.prefix) : objects_.upper_bound(after);
  std::string last;
  for (; next != objects_.end() && next->first.starts_with(request.prefix); ++next) {
    const std::string& key = next->first;
    const size_t cut = request.delimiter.empty()
                           ? std::string::npos
                           : key.find(request.delimiter, request.prefix.size());
    const bool common = cut != std::string::npos;
    const std::string folder = common ? key.substr(0, cut + request.delimiter.size()) : "";
    const bool known =
        common && !page.common_prefixes.empty() && page.common_prefixes.back() == folder;
    if (!known && page.objects.size() + page.common_prefixes.size() == max_keys) {
      page.continuation = last;
      break;
    }
    if (!common) page.objects.push_back(next->second.info);
    if (common && !known) page.common_prefixes.push_back(folder);
    last = key;
  }
  return page;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> MemoryStore::Get(const GetRequest& request,
                                                               std::stop_token stop) {
  if (stop.stop_requested()) return base::Cancelled();
  const ByteRange& range = request.range;
  if (range.offset < 0 || range.length <= 0) {
    return arrow::Status::Invalid("the range of a Get must not be empty or negative");
  }
  const Operation operation{.what = "cannot read s3://" + bucket_ + "/" + request.key,
                            .bucket = bucket_,
                            .key = request.key};
  const std::lock_guard lock(mutex_);
  ++calls_.gets;
  ARROW_ASSIGN_OR_RAISE(const Object* object, Find(operation, request.if_match));
  if (IsArchived(object->info)) return Refuse(403, "InvalidObjectState", operation);
  if (range.offset > object->info.size_bytes - range.length) {
    return Refuse(416, "InvalidRange", operation);
  }
  calls_.bytes += range.length;
  return arrow::SliceBuffer(object->content, range.offset, range.length);
}

arrow::Result<std::optional<Checksum>> MemoryStore::StoredChecksum(const std::string& key,
                                                                   const std::string& etag,
                                                                   std::stop_token stop) {
  if (stop.stop_requested()) return base::Cancelled();
  const std::lock_guard lock(mutex_);
  ++calls_.heads;
  const Operation operation{.what = "cannot look up the checksum of s3://" + bucket_ + "/" + key,
                            .bucket = bucket_,
                            .key = key};
  ARROW_ASSIGN_OR_RAISE(const Object* object, Find(operation, etag));
  return object->checksum;
}

arrow::Result<const MemoryStore::Object*> MemoryStore::Find(const Operation& operation,
                                                            const std::string& etag) const {
  if (!exists_) return Refuse(404, "NoSuchBucket", operation);
  const auto found = objects_.find(operation.key);
  if (found == objects_.end()) return Refuse(404, "NoSuchKey", operation);
  if (!etag.empty() && !SameETag(etag, found->second.info.etag)) {
    return Refuse(412, "PreconditionFailed", operation);
  }
  return &found->second;
}

}  // namespace s3
