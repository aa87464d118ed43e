#include "formats/parquet/footer_parts.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "parquet/metadata.h"
#include "parquet/properties.h"

namespace formats {
namespace {

// What the library may make of a part, unless a single row group takes more. Footers of some
// thousand column chunks are one part.
constexpr int64_t kPartHeapBytes = int64_t{4} << 20;

// The header of a list in Thrift's compact protocol: the number of items and their type. Numbers
// from 15 on follow it as a varint.
constexpr uint8_t kStructs = 12;
constexpr uint32_t kManyItems = 15;

void AppendListHeader(uint32_t items, std::string* bytes) {
  bytes->push_back(static_cast<char>(std::min(items, kManyItems) << 4 | kStructs));
  if (items < kManyItems) return;
  for (; items >= 0x80; items >>= 7) bytes->push_back(static_cast<char>(items | 0x80));
  bytes->push_back(static_cast<char>(items));
}

std::vector<FooterPart> Divide(const FooterOutline& outline) {
  std::vector<FooterPart> parts(1);
  int64_t heap_bytes = 0;
  for (const FooterOutline::RowGroup& group : outline.row_groups) {
    if (parts.back().row_groups > 0 && heap_bytes + group.heap_bytes > kPartHeapBytes) {
      parts.push_back({.first_row_group = parts.back().first_row_group + parts.back().row_groups});
      heap_bytes = 0;
    }
    ++parts.back().row_groups;
    heap_bytes += group.heap_bytes;
  }
  return parts;
}

std::shared_ptr<parquet::FileMetaData> ParseFooter(const void* bytes, size_t size) {
  parquet::ReaderProperties properties;
  properties.set_thrift_string_size_limit(static_cast<int32_t>(size));
  properties.set_thrift_container_size_limit(static_cast<int32_t>(size));
  return parquet::FileMetaData::Make(bytes, static_cast<int64_t>(size), properties);
}

}  // namespace

FooterParts::FooterParts(std::shared_ptr<arrow::Buffer> footer, FooterOutline outline)
    : footer_(std::move(footer)), outline_(std::move(outline)), parts_(Divide(outline_)) {}

arrow::Result<FooterParts> FooterParts::Make(std::shared_ptr<arrow::Buffer> footer) {
  ARROW_ASSIGN_OR_RAISE(FooterOutline outline,
                        OutlineFooter({footer->data(), static_cast<size_t>(footer->size())}));
  return FooterParts(std::move(footer), std::move(outline));
}

const FooterPart& FooterParts::PartOf(int row_group) const {
  const auto after = std::ranges::upper_bound(parts_, row_group, {}, &FooterPart::first_row_group);
  return *std::prev(after);
}

std::shared_ptr<parquet::FileMetaData> FooterParts::Parse(const FooterPart& part) const {
  const std::string_view footer(*footer_);
  if (parts_.size() == 1) return ParseFooter(footer.data(), footer.size());
  const auto first = outline_.row_groups.begin() + part.first_row_group;
  const size_t begin = first->begin;
  const size_t end = (first + part.row_groups - 1)->end;
  std::string bytes;
  bytes.reserve(footer.size() - (outline_.list_end - outline_.list_begin) + (end - begin) + 8);
  bytes.append(footer.substr(0, outline_.list_begin));
  AppendListHeader(static_cast<uint32_t>(part.row_groups), &bytes);
  bytes.append(footer.substr(begin, end - begin));
  bytes.append(footer.substr(outline_.list_end));
  return ParseFooter(bytes.data(), bytes.size());
}

int64_t FooterParts::memory_bytes() const {
  return footer_->size() +
         static_cast<int64_t>(outline_.row_groups.size() *
                              (sizeof(FooterOutline::RowGroup) + sizeof(FooterPart)));
}

}  // namespace formats
