// The message that an Arrow IPC stream holds for some rows of a record batch, laid out without
// slicing arrays (Arrow columnar format, "Encapsulated message format"). Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "arrow/array/data.h"
#include "arrow/buffer.h"
#include "arrow/record_batch.h"
#include "arrow/status.h"

namespace cloudquery {

/// One buffer of the body: where its bytes come from.
struct BodyPart {
  enum class Kind {
    kZeros,
    kBytes,      // as they are, from byte `start`
    kBits,       // `count` bits from bit `start`
    kOffsets32,  // `count` int32 from the one at `start`, less the first of them
    kOffsets64,
  };
  Kind kind = Kind::kZeros;
  const std::shared_ptr<arrow::Buffer>* source = nullptr;  // null for kZeros
  int64_t start = 0;
  int64_t count = 0;
  int64_t bytes = 0;  // without what pads them

  /// Every part starts on a multiple of eight bytes.
  int64_t padded_bytes() const { return (bytes + 7) & ~int64_t{7}; }
  /// Writes the part and zeros up to padded_bytes().
  void WriteTo(uint8_t* out) const;
};

/// The layout of one record; used again for the next one, so that it stops allocating. Points into
/// the batch.
class BatchBody {
 public:
  /// kUnsupported: the type is none of those that Normalizer emits (no dictionaries, views, unions
  /// and run-end encoded types).
  [[nodiscard]] static arrow::Status Check(const arrow::DataType& type);

  /// Lays out `rows` rows from `first_row`. The batch's types pass Check.
  void Lay(const arrow::RecordBatch& batch, int64_t first_row, int64_t rows);

  const std::vector<BodyPart>& parts() const { return parts_; }
  int64_t body_bytes() const { return body_bytes_; }
  int64_t metadata_bytes() const;
  /// The marker, length and flatbuffer that come before the body: metadata_bytes().
  void WriteMetadata(uint8_t* out) const;

 private:
  // Structs of Message.fbs, in its layout.
  struct FieldNode {
    int64_t rows;
    int64_t nulls;
  };
  struct BufferPlace {
    int64_t offset;
    int64_t bytes;
  };

  void AddArray(const arrow::ArrayData& array, const arrow::DataType& type, int64_t first_row,
                int64_t rows);
  int64_t AddValidity(const arrow::ArrayData& array, int64_t first, int64_t rows);
  void AddFixedWidth(const arrow::ArrayData& array, int64_t width, int64_t first, int64_t rows,
                     bool all_null);
  template <typename Offset>
  std::pair<int64_t, int64_t> AddOffsets(const arrow::ArrayData& array, int64_t first,
                                         int64_t rows);
  template <typename Offset>
  void AddBinary(const arrow::ArrayData& array, int64_t first, int64_t rows);
  template <typename Offset>
  void AddList(const arrow::ArrayData& array, const arrow::DataType& type, int64_t first,
               int64_t rows);
  void AddPart(const BodyPart& part);

  int64_t rows_ = 0;
  int64_t body_bytes_ = 0;
  std::vector<FieldNode> nodes_;
  std::vector<BufferPlace> places_;
  std::vector<BodyPart> parts_;
};

}  // namespace cloudquery
