#include "cloudquery/ipc/batch_body.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "arrow/extension_type.h"
#include "arrow/type.h"
#include "arrow/type_traits.h"
#include "arrow/util/bit_util.h"
#include "arrow/util/bitmap_ops.h"
#include "arrow/util/checked_cast.h"
#include "base/error.h"

namespace cloudquery {
namespace {

using arrow::internal::checked_cast;

static_assert(std::endian::native == std::endian::little, "metadata is written as it is in memory");

const arrow::DataType& StorageOf(const arrow::DataType& type) {
  if (type.id() != arrow::Type::EXTENSION) return type;
  return *checked_cast<const arrow::ExtensionType&>(type).storage_type();
}

bool IsFixedWidth(arrow::Type::type id) {
  return arrow::is_primitive(id) || arrow::is_fixed_size_binary(id) || arrow::is_decimal(id);
}

// Counts the null rows; does not look at them if the array knows the number.
int64_t CountNulls(const arrow::ArrayData& array, int64_t first, int64_t rows) {
  if (array.buffers[0] == nullptr) return 0;
  const int64_t known = array.null_count.load();
  if (known == 0) return 0;
  if (known == array.length) return rows;
  return rows - arrow::internal::CountSetBits(array.buffers[0]->data(), first, rows);
}

template <typename Offset>
void WriteOffsets(const uint8_t* source, int64_t start, int64_t count, uint8_t* out) {
  const Offset* from = reinterpret_cast<const Offset*>(source) + start;
  auto* to = reinterpret_cast<Offset*>(out);
  const Offset base = from[0];
  for (int64_t i = 0; i < count; ++i) to[i] = from[i] - base;
}

// Message{V5, RecordBatch{length, nodes, buffers}, bodyLength} of Message.fbs and Schema.fbs. The
// layout up to the two vectors is the same for every batch; their lengths follow from the schema.
struct Metadata {
  // The encapsulation.
  uint32_t continuation = 0xFFFFFFFF;
  int32_t flatbuffer_bytes = 0;
  // The flatbuffer. Its offsets count from the field that holds them.
  uint32_t root = 16;
  uint16_t message_vtable[6] = {12, 20, 16, 18, 4, 8};  // size, table size, fields 0 to 3
  int32_t to_message_vtable = 12;
  uint32_t to_batch = 32;
  int64_t body_bytes = 0;
  int16_t version = 4;      // MetadataVersion.V5
  uint8_t header_type = 3;  // MessageHeader.RecordBatch
  uint8_t padding_1[5] = {};
  uint16_t batch_vtable[5] = {10, 20, 4, 12, 16};
  uint16_t padding_2 = 0;
  int32_t to_batch_vtable = 12;
  int64_t rows = 0;
  uint32_t to_nodes = 12;
  uint32_t to_buffers = 0;
  uint32_t padding_3 = 0;
  uint32_t node_count = 0;
  // Then the nodes, four bytes of padding, the number of buffers and the buffers.
};
static_assert(sizeof(Metadata) == 8 + 80 && offsetof(Metadata, to_message_vtable) == 8 + 16 &&
              offsetof(Metadata, body_bytes) == 8 + 24 &&
              offsetof(Metadata, batch_vtable) == 8 + 40 &&
              offsetof(Metadata, to_batch_vtable) == 8 + 52 && offsetof(Metadata, rows) == 8 + 56 &&
              offsetof(Metadata, to_buffers) == 8 + 68);

template <typename Value>
uint8_t* Put(const Value* values, size_t count, uint8_t* out) {
  static_assert(std::is_trivially_copyable_v<Value>);
  // memcpy takes no null pointer, even if the count is 0.
  if (count > 0) std::memcpy(out, values, count * sizeof(Value));
  return out + count * sizeof(Value);
}

}  // namespace

void BodyPart::WriteTo(uint8_t* out) const {
  const int64_t padded = padded_bytes();
  if (kind == Kind::kZeros) {
    std::memset(out, 0, static_cast<size_t>(padded));
    return;
  }
  if (bytes == 0) return;
  std::memset(out + padded - 8, 0, 8);
  const uint8_t* from = (*source)->data();
  switch (kind) {
    case Kind::kZeros:
      break;
    case Kind::kBytes:
      std::memcpy(out, from + start, static_cast<size_t>(bytes));
      break;
    case Kind::kBits:
      arrow::internal::CopyBitmap(from, start, count, out, 0);
      break;
    case Kind::kOffsets32:
      WriteOffsets<int32_t>(from, start, count, out);
      break;
    case Kind::kOffsets64:
      WriteOffsets<int64_t>(from, start, count, out);
      break;
  }
}

arrow::Status BatchBody::Check(const arrow::DataType& declared) {
  const arrow::DataType& type = StorageOf(declared);
  const bool is_nested = arrow::is_list_like(type.id()) || type.id() == arrow::Type::STRUCT;
  if (!IsFixedWidth(type.id()) && !arrow::is_base_binary_like(type.id()) && !is_nested) {
    return base::MakeError(base::ErrorKind::kUnsupported,
                           "records cannot hold columns of type " + type.ToString());
  }
  for (const auto& field : type.fields()) ARROW_RETURN_NOT_OK(Check(*field->type()));
  return arrow::Status::OK();
}

void BatchBody::Lay(const arrow::RecordBatch& batch, int64_t first_row, int64_t rows) {
  rows_ = rows;
  body_bytes_ = 0;
  nodes_.clear();
  places_.clear();
  parts_.clear();
  for (int i = 0; i < batch.num_columns(); ++i) {
    const arrow::ArrayData& array = *batch.column_data(i);
    AddArray(array, *array.type, first_row, rows);
  }
}

// `first_row` counts from the array's own offset.
void BatchBody::AddArray(const arrow::ArrayData& array, const arrow::DataType& declared,
                         int64_t first_row, int64_t rows) {
  const arrow::DataType& type = StorageOf(declared);
  const int64_t first = array.offset + first_row;
  const int64_t nulls = AddValidity(array, first, rows);
  switch (type.id()) {
    case arrow::Type::BOOL:
      AddPart({.kind = BodyPart::Kind::kBits,
               .source = &array.buffers[1],
               .start = first,
               .count = rows,
               .bytes = arrow::bit_util::BytesForBits(rows)});
      break;
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      AddBinary<int32_t>(array, first, rows);
      break;
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      AddBinary<int64_t>(array, first, rows);
      break;
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      AddList<int32_t>(array, type, first, rows);
      break;
    case arrow::Type::LARGE_LIST:
      AddList<int64_t>(array, type, first, rows);
      break;
    case arrow::Type::FIXED_SIZE_LIST: {
      const int64_t size = checked_cast<const arrow::FixedSizeListType&>(type).list_size();
      AddArray(*array.child_data[0], *type.field(0)->type(), first * size, rows * size);
      break;
    }
    case arrow::Type::STRUCT:
      for (int i = 0; i < type.num_fields(); ++i) {
        AddArray(*array.child_data[static_cast<size_t>(i)], *type.field(i)->type(), first, rows);
      }
      break;
    default:
      AddFixedWidth(array, checked_cast<const arrow::FixedWidthType&>(type).bit_width() / 8, first,
                    rows, nulls == rows);
  }
}

int64_t BatchBody::AddValidity(const arrow::ArrayData& array, int64_t first, int64_t rows) {
  const int64_t nulls = CountNulls(array, first, rows);
  nodes_.push_back({rows, nulls});
  const int64_t bytes = arrow::bit_util::BytesForBits(rows);
  if (nulls == 0) {
    AddPart({});  // the format allows an empty buffer
  } else if (nulls == rows) {
    AddPart({.bytes = bytes});
  } else {
    AddPart({.kind = BodyPart::Kind::kBits,
             .source = array.buffers.data(),
             .start = first,
             .count = rows,
             .bytes = bytes});
  }
  return nulls;
}

void BatchBody::AddFixedWidth(const arrow::ArrayData& array, int64_t width, int64_t first,
                              int64_t rows, bool all_null) {
  if (all_null) {
    AddPart({.bytes = rows * width});
    return;
  }
  AddPart({.kind = BodyPart::Kind::kBytes,
           .source = &array.buffers[1],
           .start = first * width,
           .bytes = rows * width});
}

// Returns the index of the first value and the number of values.
template <typename Offset>
std::pair<int64_t, int64_t> BatchBody::AddOffsets(const arrow::ArrayData& array, int64_t first,
                                                  int64_t rows) {
  const int64_t bytes = (rows + 1) * static_cast<int64_t>(sizeof(Offset));
  if (rows == 0) {  // an empty array may have no offsets
    AddPart({.bytes = bytes});
    return {0, 0};
  }
  AddPart({.kind = sizeof(Offset) == 4 ? BodyPart::Kind::kOffsets32 : BodyPart::Kind::kOffsets64,
           .source = &array.buffers[1],
           .start = first,
           .count = rows + 1,
           .bytes = bytes});
  const Offset* offsets = reinterpret_cast<const Offset*>(array.buffers[1]->data()) + first;
  return {offsets[0], offsets[rows] - offsets[0]};
}

template <typename Offset>
void BatchBody::AddBinary(const arrow::ArrayData& array, int64_t first, int64_t rows) {
  const auto [start, bytes] = AddOffsets<Offset>(array, first, rows);
  if (bytes == 0) return AddPart({});  // the array may have no buffer of values
  AddPart({.kind = BodyPart::Kind::kBytes,
           .source = &array.buffers[2],
           .start = start,
           .bytes = bytes});
}

template <typename Offset>
void BatchBody::AddList(const arrow::ArrayData& array, const arrow::DataType& type, int64_t first,
                        int64_t rows) {
  const auto [start, count] = AddOffsets<Offset>(array, first, rows);
  AddArray(*array.child_data[0], *type.field(0)->type(), start, count);
}

void BatchBody::AddPart(const BodyPart& part) {
  places_.push_back({body_bytes_, part.bytes});
  parts_.push_back(part);
  body_bytes_ += part.padded_bytes();
}

int64_t BatchBody::metadata_bytes() const {
  return static_cast<int64_t>(sizeof(Metadata) + nodes_.size() * sizeof(FieldNode) +
                              2 * sizeof(uint32_t) + places_.size() * sizeof(BufferPlace));
}

void BatchBody::WriteMetadata(uint8_t* out) const {
  const auto bytes_of_nodes = static_cast<uint32_t>(nodes_.size() * sizeof(FieldNode));
  Metadata metadata;
  metadata.flatbuffer_bytes = static_cast<int32_t>(metadata_bytes()) - 8;
  metadata.body_bytes = body_bytes_;
  metadata.rows = rows_;
  metadata.to_buffers = 16 + bytes_of_nodes;
  metadata.node_count = static_cast<uint32_t>(nodes_.size());
  const uint32_t place_count[2] = {0, static_cast<uint32_t>(places_.size())};
  out = Put(&metadata, 1, out);
  out = Put(nodes_.data(), nodes_.size(), out);
  out = Put(place_count, 2, out);
  Put(places_.data(), places_.size(), out);
}

}  // namespace cloudquery
