#include "formats/parquet/footer_scan.h"

#include <utility>

#include "base/error.h"

namespace formats {
namespace {

// Heap that the library may take for a footer: so much, and so much for each of its bytes. Usual
// footers take four times their size.
constexpr int64_t kMinHeapBytes = 1 << 20;
constexpr int64_t kHeapForEachByte = 24;

// Roughly sizeof of the library's objects.
constexpr int64_t kColumnChunkBytes = 600;
constexpr int64_t kSchemaElementBytes = 300;
constexpr int64_t kOtherStructBytes = 100;
constexpr int64_t kStringBytes = 32;
constexpr int64_t kNumberBytes = 8;

// Thrift's own default; Parquet has about eight.
constexpr int kMaxDepth = 64;

enum Type : uint8_t {
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kStruct = 12,
};

enum class Kind { kFile, kRowGroup, kOther };

// Which lists of structs matter, by the struct they are in and their field.
struct Member {
  Kind kind = Kind::kOther;
  int64_t heap_bytes = kOtherStructBytes;
};
Member MemberOf(Kind kind, int64_t field) {
  if (kind == Kind::kFile && field == 2) return {.heap_bytes = kSchemaElementBytes};
  if (kind == Kind::kFile && field == 4) return {.kind = Kind::kRowGroup};
  if (kind == Kind::kRowGroup && field == 1) return {.heap_bytes = kColumnChunkBytes};
  return {};
}

int64_t ItemBytes(uint8_t type, const Member& member) {
  if (type == kStruct) return member.heap_bytes;
  return type == kBinary ? kStringBytes : kNumberBytes;
}

// Each function goes past what it is named after, false: it cannot.
class Scan {
 public:
  explicit Scan(std::span<const uint8_t> bytes)
      : size_(bytes.size()),
        rest_(bytes),
        heap_left_(kMinHeapBytes + kHeapForEachByte * static_cast<int64_t>(bytes.size())) {}

  bool too_much() const { return heap_left_ < 0; }
  FooterOutline& outline() { return outline_; }

  bool Struct(Kind kind, int depth) {
    if (depth > kMaxDepth) return false;
    int64_t field = 0;
    for (;;) {
      uint8_t head = 0;
      if (!Byte(&head)) return false;
      if (head == 0) return true;
      uint64_t number = 0;
      if (head >> 4 != 0) {
        field += head >> 4;
      } else if (Varint(&number)) {
        field = static_cast<int64_t>(number >> 1);
      } else {
        return false;
      }
      const auto type = static_cast<uint8_t>(head & 0xF);
      if (type != kTrue && type != kFalse && !Value(type, MemberOf(kind, field), depth)) {
        return false;
      }
    }
  }

 private:
  bool Value(uint8_t type, const Member& member, int depth) {
    uint64_t number = 0;
    switch (type) {
      case kTrue:
      case kFalse:
      case kByte:
        return Skip(1);
      case kI16:
      case kI32:
      case kI64:
        return Varint(&number);
      case kDouble:
        return Skip(8);
      case kBinary:
        return Varint(&number) && Skip(number);
      case kList:
      case kSet:
        return List(member, depth);
      case kStruct:
        return Struct(member.kind, depth + 1);
      default:
        return false;  // no field of Parquet's is a map
    }
  }

  size_t position() const { return size_ - rest_.size(); }

  bool List(const Member& member, int depth) {
    if (member.kind == Kind::kRowGroup) return RowGroups(member, depth);
    return Items(member, depth);
  }

  bool RowGroups(const Member& member, int depth) {
    if (outline_.list_end != 0) return false;  // a second list of them
    outline_.list_begin = position();
    if (!Items(member, depth)) return false;
    outline_.list_end = position();
    return true;
  }

  bool Items(const Member& member, int depth) {
    uint8_t head = 0;
    if (depth > kMaxDepth || !Byte(&head)) return false;
    const auto type = static_cast<uint8_t>(head & 0xF);
    uint64_t count = head >> 4;
    if (count == 15 && !Varint(&count)) return false;
    // Every item takes a byte at least.
    if (count > rest_.size()) return false;
    heap_left_ -= static_cast<int64_t>(count) * ItemBytes(type, member);
    if (too_much()) return false;
    for (uint64_t i = 0; i < count; ++i) {
      if (!Item(type, member, depth + 1)) return false;
    }
    return true;
  }

  bool Item(uint8_t type, const Member& member, int depth) {
    if (member.kind != Kind::kRowGroup) return Value(type, member, depth);
    if (type != kStruct) return false;
    const size_t begin = position();
    const int64_t heap_before = heap_left_;
    if (!Value(type, member, depth)) return false;
    outline_.row_groups.push_back(
        {.begin = begin, .end = position(), .heap_bytes = heap_before - heap_left_});
    return true;
  }

  bool Byte(uint8_t* byte) {
    if (rest_.empty()) return false;
    *byte = rest_.front();
    rest_ = rest_.subspan(1);
    return true;
  }

  bool Varint(uint64_t* value) {
    *value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      uint8_t byte = 0;
      if (!Byte(&byte)) return false;
      *value |= uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool Skip(uint64_t bytes) {
    if (bytes > rest_.size()) return false;
    rest_ = rest_.subspan(bytes);
    return true;
  }

  const size_t size_;
  std::span<const uint8_t> rest_;
  int64_t heap_left_;
  FooterOutline outline_;
};

}  // namespace

arrow::Result<FooterOutline> OutlineFooter(std::span<const uint8_t> footer) {
  Scan scan(footer);
  if (scan.Struct(Kind::kFile, 0)) return std::move(scan.outline());
  return base::MakeError(base::ErrorKind::kCorrupt,
                         scan.too_much()
                             ? "footer: its lists are out of all proportion to its size"
                             : "footer: is not what Parquet's format asks for, or ends too early");
}

}  // namespace formats
