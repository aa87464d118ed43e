#include "formats/format.h"

#include <algorithm>
#include <utility>

#include "arrow/array.h"
#include "formats/parquet/parquet_format.h"

namespace formats {

RowBatch WithoutFirst(int64_t rows, RowBatch batch) {
  if (rows == 0) return batch;
  batch.rows = batch.rows->Slice(rows);
  batch.first_row += rows;
  for (Misfits& misfits : batch.misfits) {
    const auto first = std::ranges::lower_bound(misfits.rows, rows);
    const int64_t gone = first - misfits.rows.begin();
    misfits.rows.erase(misfits.rows.begin(), first);
    for (int64_t& row : misfits.rows) row -= rows;
    misfits.values = misfits.values->Slice(gone);
  }
  std::erase_if(batch.misfits, [](const Misfits& misfits) { return misfits.rows.empty(); });
  if (batch.place_of) {
    batch.place_of = [rows, place_of = std::move(batch.place_of)](int64_t row) {
      return place_of(row + rows);
    };
  }
  return batch;
}

std::shared_ptr<const Format> FindFormat(std::string_view filetype) {
  auto parquet = ParquetFormat();
  return filetype == parquet->name() ? parquet : nullptr;
}

}  // namespace formats
