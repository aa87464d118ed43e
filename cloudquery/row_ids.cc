#include "cloudquery/row_ids.h"

#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <span>
#include <system_error>

#include "arrow/array/util.h"
#include "arrow/buffer.h"
#include "arrow/util/bit_util.h"
#include "base/sha256.h"
#include "cloudquery/table.h"

namespace cloudquery {
namespace {

constexpr uint64_t kLowMask = (uint64_t{1} << 62) - 1;
constexpr uint64_t kHighMask = (uint64_t{1} << 60) - 1;

void StoreBigEndian(uint64_t value, uint8_t* out) {
  value = arrow::bit_util::ToBigEndian(value);
  std::memcpy(out, &value, sizeof(value));
}

// Puts 60 + 62 free bits around the version and the variant (RFC 9562, section 4).
void StoreUuid(uint64_t high, uint64_t low, uint64_t version, uint8_t* out) {
  const uint64_t time_high = high >> 12, time_low = high & 0xFFF;
  StoreBigEndian((time_high << 16) | (version << 12) | time_low, out);
  StoreBigEndian((uint64_t{2} << 62) | low, out + 8);
}

}  // namespace

RowIds RowIds::Random() {
  RowIds ids;
  ids.random_ = true;
  // std::random_device takes 20 us for this, as long as a small object takes to decode.
  if (getentropy(ids.random_state_.data(), sizeof(ids.random_state_)) != 0) {
    throw std::system_error(errno, std::generic_category(), "no random numbers");
  }
  return ids;
}

RowIds RowIds::Deterministic(std::string_view identity) {
  const base::Sha256Digest digest = base::Sha256(identity);
  RowIds ids;
  ids.base_high_ = base::FirstWord(std::span(digest).first<8>()) & kHighMask;
  ids.base_low_ = base::FirstWord(std::span(digest).subspan<8, 8>()) & kLowMask;
  return ids;
}

// xoshiro256++ (Blackman and Vigna). Its period of 2^256 - 1 is longer than any stream of rows, and
// it takes a fraction of the time of the standard library's generators.
uint64_t RowIds::NextRandom() {
  auto& s = random_state_;
  const uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
  const uint64_t shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = std::rotl(s[3], 45);
  return result;
}

void RowIds::Fill(int64_t row, uint8_t* id) {
  if (random_) {
    const uint64_t high = NextRandom() & kHighMask;
    StoreUuid(high, NextRandom() & kLowMask, 4, id);
    return;
  }
  const uint64_t low = base_low_ + static_cast<uint64_t>(row);
  StoreUuid((base_high_ + (low >> 62)) & kHighMask, low & kLowMask, 8, id);
}

arrow::Result<std::shared_ptr<arrow::Array>> RowIds::Make(int64_t first_row, int64_t rows,
                                                          const arrow::Array* existing,
                                                          arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> data,
                        arrow::AllocateBuffer(rows * kIdBytes, pool));
  uint8_t* out = data->mutable_data();
  const auto* kept = static_cast<const arrow::FixedSizeBinaryArray*>(existing);
  for (int64_t i = 0; i < rows; ++i, out += kIdBytes) {
    if (kept != nullptr && kept->IsValid(i)) {
      std::memcpy(out, kept->GetValue(i), kIdBytes);
    } else {
      Fill(first_row + i, out);
    }
  }
  return std::make_shared<arrow::FixedSizeBinaryArray>(arrow::fixed_size_binary(kIdBytes), rows,
                                                       std::move(data), nullptr, 0);
}

arrow::Result<std::shared_ptr<arrow::Array>> NullIds(int64_t rows) {
  static std::mutex mutex;
  static std::shared_ptr<arrow::Array> longest;  // guarded by mutex
  const std::lock_guard lock(mutex);
  if (longest == nullptr || longest->length() < rows) {
    ARROW_ASSIGN_OR_RAISE(longest,
                          arrow::MakeArrayOfNull(arrow::fixed_size_binary(RowIds::kIdBytes), rows));
  }
  return longest->Slice(0, rows);
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> AddCqColumns(const arrow::RecordBatch& batch,
                                                                RowIds& ids, int64_t first_row,
                                                                arrow::MemoryPool* pool) {
  arrow::FieldVector fields = {CqIdColumn().field, CqParentIdColumn().field};
  const auto existing_id = batch.GetColumnByName(std::string(kCqId));
  auto parent_id = batch.GetColumnByName(std::string(kCqParentId));
  ARROW_ASSIGN_OR_RAISE(auto id, ids.Make(first_row, batch.num_rows(), existing_id.get(), pool));
  if (parent_id == nullptr) {
    ARROW_ASSIGN_OR_RAISE(parent_id, NullIds(batch.num_rows()));
  }
  arrow::ArrayVector columns = {std::move(id), std::move(parent_id)};
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (IsRowId(batch.schema()->field(i)->name())) continue;
    fields.push_back(batch.schema()->field(i));
    columns.push_back(batch.column(i));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch.num_rows(),
                                  std::move(columns));
}

std::vector<Column> WithCqColumns(const arrow::Schema& schema) {
  std::vector<Column> columns = {CqIdColumn(), CqParentIdColumn()};
  for (const auto& field : schema.fields()) {
    if (!IsRowId(field->name())) columns.push_back(Column{.field = field});
  }
  return columns;
}

}  // namespace cloudquery
