#include "source/state/delivered_set.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "arrow/util/base64.h"
#include "base/error.h"

namespace source {
namespace {

constexpr size_t kHashBytes = sizeof(ObjectHash);

void SortUnique(std::vector<ObjectHash>* hashes) {
  std::sort(hashes->begin(), hashes->end());
  hashes->erase(std::unique(hashes->begin(), hashes->end()), hashes->end());
}

}  // namespace

uint64_t SumOf(std::span<const ObjectHash> hashes) {
  uint64_t sum = 0;
  for (const ObjectHash hash : hashes) sum += hash;
  return sum;
}

std::string FormatHashes(std::span<const ObjectHash> hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * kHashBytes);
  for (const ObjectHash hash : hashes) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(hash >> shift);
  }
  return arrow::util::base64_encode(bytes);
}

arrow::Result<std::vector<ObjectHash>> ParseHashes(std::string_view text) {
  auto bytes = arrow::util::base64_decode(text);
  if (!bytes.ok() || bytes->size() % kHashBytes != 0) {
    return base::MakeError(base::ErrorKind::kCorrupt, "its hashes of objects are not readable");
  }
  std::vector<ObjectHash> hashes(bytes->size() / kHashBytes);
  for (size_t i = 0; i < bytes->size(); ++i) {
    hashes[i / kHashBytes] = hashes[i / kHashBytes] << 8 | static_cast<uint8_t>((*bytes)[i]);
  }
  return hashes;
}

DeliveredSet::DeliveredSet(std::vector<HashPart> parts) : parts_(std::move(parts)) {
  for (const HashPart& part : parts_) {
    sorted_.insert(sorted_.end(), part.hashes.begin(), part.hashes.end());
  }
  SortUnique(&sorted_);
}

bool DeliveredSet::Contains(ObjectHash hash) const {
  return std::binary_search(sorted_.begin(), sorted_.end(), hash);
}

void DeliveredSet::Add(std::vector<ObjectHash> hashes) {
  SortUnique(&hashes);
  std::erase_if(hashes, [this](ObjectHash hash) { return Contains(hash); });
  if (hashes.empty()) return;
  Append(hashes);
  const auto middle = static_cast<ptrdiff_t>(sorted_.size());
  sorted_.insert(sorted_.end(), hashes.begin(), hashes.end());
  std::inplace_merge(sorted_.begin(), sorted_.begin() + middle, sorted_.end());
}

void DeliveredSet::Append(std::span<const ObjectHash> hashes) {
  while (!hashes.empty()) {
    if (parts_.empty() || parts_.back().hashes.size() >= kMaxPartHashes) parts_.emplace_back();
    std::vector<ObjectHash>& last = parts_.back().hashes;
    const size_t taken = std::min(hashes.size(), kMaxPartHashes - last.size());
    last.insert(last.end(), hashes.begin(), hashes.begin() + static_cast<ptrdiff_t>(taken));
    hashes = hashes.subspan(taken);
  }
}

void DeliveredSet::Remove(std::span<const ObjectHash> gone) {
  const auto is_gone = [&](ObjectHash hash) {
    return std::binary_search(gone.begin(), gone.end(), hash);
  };
  if (std::erase_if(sorted_, is_gone) == 0) return;
  // What is left of the parts that change, and parts so small that many of them could pile up.
  std::vector<ObjectHash> moved;
  std::erase_if(parts_, [&](HashPart& part) {
    const size_t before = part.hashes.size();
    std::erase_if(part.hashes, is_gone);
    if (part.hashes.size() == before && before >= kMaxPartHashes / 2) return false;
    moved.insert(moved.end(), part.hashes.begin(), part.hashes.end());
    return true;
  });
  if (moved.empty()) return;
  // A full part is not appended to, so the order of parts does not matter otherwise.
  parts_.emplace_back();
  Append(moved);
}

}  // namespace source
