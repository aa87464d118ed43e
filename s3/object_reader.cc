#include "s3/object_reader.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace s3 {
namespace {

// What was not read of an object is fetched for the checksum's sake if it is at most this share of
// it, or less than a request costs: the footer, which planning read, and bytes between row groups.
constexpr int64_t kGapsShare = 8;
constexpr int64_t kMaxGapsBytes = int64_t{1} << 20;
// In pieces of this size.
constexpr int64_t kGapReadBytes = int64_t{4} << 20;

}  // namespace

ObjectReader::ObjectReader(std::shared_ptr<ObjectStore> store, ObjectInfo object,
                           bool fresh_connections, std::optional<Checksum> checksum,
                           std::stop_token stop)
    : store_(std::move(store)),
      object_(std::move(object)),
      fresh_connections_(fresh_connections),
      checksum_(std::move(checksum)),
      stop_(std::move(stop)) {
  if (checksum_) read_.emplace(checksum_->algorithm, object_.size_bytes);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ObjectReader::Read(ByteRange range) {
  ARROW_ASSIGN_OR_RAISE(auto bytes, store_->Get({.key = object_.key,
                                                 .range = range,
                                                 .if_match = object_.etag,
                                                 .whole = range.length == object_.size_bytes,
                                                 .fresh_connection = fresh_connections_},
                                                stop_));
  if (read_) read_->Add(range.offset, {bytes->data(), static_cast<size_t>(bytes->size())});
  return bytes;
}

arrow::Status ObjectReader::Verify() {
  if (!read_) return arrow::Status::OK();
  const std::vector<ByteRange> gaps = read_->Gaps();
  int64_t missing_bytes = 0;
  for (const ByteRange& gap : gaps) missing_bytes += gap.length;
  if (missing_bytes > std::max(object_.size_bytes / kGapsShare, kMaxGapsBytes))
    return arrow::Status::OK();
  for (ByteRange gap : gaps) {
    while (gap.length > 0) {
      const int64_t length = std::min(gap.length, kGapReadBytes);
      ARROW_RETURN_NOT_OK(Read({gap.offset, length}).status());
      gap = {gap.offset + length, gap.length - length};
    }
  }
  const auto value = read_->Result();
  if (!read_->contradicted() && (!value || *value == checksum_->value)) return arrow::Status::OK();
  return base::MakeError({.kind = base::ErrorKind::kCorrupt, .key = object_.key},
                         "the content that was read does not have the checksum that the service "
                         "stores with the object");
}

}  // namespace s3
