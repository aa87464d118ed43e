#include "formats/parquet/dictionary_columns.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "arrow/buffer.h"
#include "arrow/util/bit_util.h"
#include "arrow/util/bitmap_ops.h"
#include "base/error.h"
#include "parquet/metadata.h"
#include "parquet/schema.h"
#include "parquet/types.h"

namespace formats {
namespace {

using arrow::ArrayData;
using base::ErrorKind;
using base::MakeError;

// The library hashes each value of the dictionary, which takes as long as laying out several. With
// fewer values than the dictionary has bytes that is not earned back.
bool RepeatsEnough(int64_t values, int64_t dictionary_bytes) { return values >= dictionary_bytes; }

// A larger dictionary falls out of the processor's caches.
constexpr int64_t kMaxDictionaryBytes = int64_t{1} << 20;

// Short values are copied as blocks of this size, whatever their own: faster than exactly. What
// that writes behind a value, the next one overwrites.
constexpr int64_t kBlockBytes = 16;

bool UsesDictionaryOnly(const parquet::ColumnChunkMetaData& chunk) {
  bool any = false;
  for (const parquet::PageEncodingStats& pages : chunk.encoding_stats()) {
    if (pages.page_type == parquet::PageType::DICTIONARY_PAGE) continue;
    if (pages.encoding != parquet::Encoding::RLE_DICTIONARY &&
        pages.encoding != parquet::Encoding::PLAIN_DICTIONARY) {
      return false;
    }
    any = true;
  }
  return any;
}

// Calls `visit` with the bounds of each row's value within the dictionary's bytes.
template <typename Visit>
arrow::Status VisitValues(const ArrayData& column, const Visit& visit) {
  const auto* offsets = column.dictionary->GetValues<int32_t>(1);
  const auto values = static_cast<uint64_t>(column.dictionary->length);
  const auto* indices = column.GetValues<int32_t>(1);
  const uint8_t* validity = column.MayHaveNulls() ? column.buffers[0]->data() : nullptr;
  for (int64_t row = 0; row < column.length; ++row) {
    if (validity != nullptr && !arrow::bit_util::GetBit(validity, column.offset + row)) {
      visit(row, 0, 0);
      continue;
    }
    const auto index = static_cast<uint32_t>(indices[row]);
    if (index >= values) {
      return MakeError(ErrorKind::kCorrupt, "a value is not in the dictionary of its column");
    }
    visit(row, offsets[index], offsets[index + 1]);
  }
  return arrow::Status::OK();
}

arrow::Result<int64_t> ValueBytes(const ArrayData& column) {
  int64_t bytes = 0;
  ARROW_RETURN_NOT_OK(
      VisitValues(column, [&](int64_t, int32_t begin, int32_t end) { bytes += end - begin; }));
  if (bytes > std::numeric_limits<int32_t>::max()) {
    return MakeError(ErrorKind::kLimit, "the values of " + std::to_string(column.length) +
                                            " rows take " + std::to_string(bytes) + " bytes");
  }
  return bytes;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> Validity(const ArrayData& column,
                                                       arrow::MemoryPool* pool) {
  if (!column.MayHaveNulls()) return nullptr;
  return arrow::internal::CopyBitmap(pool, column.buffers[0]->data(), column.offset, column.length);
}

}  // namespace

bool IsRepetitive(const parquet::ColumnChunkMetaData& chunk,
                  const parquet::ColumnDescriptor& column) {
  if (column.physical_type() != parquet::Type::BYTE_ARRAY || column.max_repetition_level() > 0 ||
      column.path()->ToDotVector().size() != 1 || !chunk.has_dictionary_page()) {
    return false;
  }
  const int64_t dictionary_bytes = chunk.data_page_offset() - chunk.dictionary_page_offset();
  return dictionary_bytes > 0 && dictionary_bytes <= kMaxDictionaryBytes &&
         RepeatsEnough(chunk.num_values(), dictionary_bytes) && UsesDictionaryOnly(chunk);
}

std::shared_ptr<arrow::DataType> DictionaryOf(const std::shared_ptr<arrow::DataType>& type) {
  return arrow::dictionary(arrow::int32(), type);
}

int64_t LongestValueBytes(const ArrayData& column) {
  const auto* offsets = column.dictionary->GetValues<int32_t>(1);
  int64_t longest = 0;
  for (int64_t i = 0; i < column.dictionary->length; ++i) {
    longest = std::max<int64_t>(longest, offsets[i + 1] - offsets[i]);
  }
  return longest;
}

arrow::Result<std::shared_ptr<ArrayData>> Expand(const ArrayData& column, arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, ValueBytes(column));
  ARROW_ASSIGN_OR_RAISE(
      std::shared_ptr<arrow::Buffer> offsets,
      arrow::AllocateBuffer((column.length + 1) * int64_t{sizeof(int32_t)}, pool));
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> values,
                        arrow::AllocateBuffer(bytes + kBlockBytes, pool));
  ARROW_ASSIGN_OR_RAISE(auto validity, Validity(column, pool));

  const auto& dictionary = column.dictionary->buffers[2];
  const uint8_t* from = dictionary == nullptr ? nullptr : dictionary->data();
  // Up to here, a block can be read: buffers are padded.
  const int64_t blocks_end = (dictionary == nullptr ? 0 : dictionary->capacity()) - kBlockBytes;
  auto* ends = reinterpret_cast<int32_t*>(offsets->mutable_data());
  uint8_t* const to = values->mutable_data();
  int32_t written = 0;
  *ends++ = 0;
  ARROW_RETURN_NOT_OK(VisitValues(column, [&](int64_t row, int32_t begin, int32_t end) {
    const int32_t size = end - begin;
    if (size <= kBlockBytes && begin <= blocks_end) {
      std::memcpy(to + written, from + begin, kBlockBytes);
    } else if (size > 0) {
      std::memcpy(to + written, from + begin, static_cast<size_t>(size));
    }
    written += size;
    ends[row] = written;
  }));
  return ArrayData::Make(
      column.dictionary->type, column.length,
      {std::move(validity), std::move(offsets), arrow::SliceBuffer(std::move(values), 0, bytes)},
      column.GetNullCount());
}

}  // namespace formats
