#include "formats/format.h"

#include <algorithm>
#include <utility>

#include "arrow/array.h"
#include "formats/auto_format.h"
#include "formats/csv/csv_format.h"
#include "formats/jsonl/json_format.h"
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

void SkippedRows::Add(int64_t line) {
  constexpr size_t kFew = 3;
  ++count;
  if (lines.size() < kFew) lines.push_back(line);
}

void SkippedRows::Add(const SkippedRows& more) {
  const int64_t sum = count + more.count;
  for (const int64_t line : more.lines) Add(line);
  count = sum;
}

std::shared_ptr<const Format> FindFormat(std::string_view filetype, const TextOptions& options) {
  const std::vector<std::shared_ptr<const Format>> all = {ParquetFormat(), CsvFormat(options),
                                                          JsonFormat(options)};
  for (const auto& format : all) {
    if (filetype == format->name()) return format;
  }
  return filetype == "auto" ? AutoFormat(all) : nullptr;
}

}  // namespace formats
