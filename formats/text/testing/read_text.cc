#include "formats/text/testing/read_text.h"

#include <utility>

#include "arrow/array/array_binary.h"
#include "arrow/io/memory.h"
#include "arrow/scalar.h"

namespace formats {
namespace {

arrow::Status AddBatch(const RowBatch& batch, arrow::RecordBatchVector* batches, ReadText* read) {
  // Whether text is UTF-8 is not the format's matter.
  ARROW_RETURN_NOT_OK(batch.rows->Validate());
  for (const Misfits& misfits : batch.misfits) {
    const std::string& name = batch.rows->schema()->field(misfits.column)->name();
    for (size_t i = 0; i < misfits.rows.size(); ++i) {
      const auto& texts = static_cast<const arrow::StringArray&>(*misfits.values);
      if (batch.rows->column(misfits.column)->IsValid(misfits.rows[i])) {
        return arrow::Status::UnknownError("a value that does not fit has another in its place");
      }
      read->misfits.push_back(name + "@" + batch.place_of(misfits.rows[i]) + "=" +
                              texts.GetString(static_cast<int64_t>(i)));
    }
  }
  for (int64_t i = 0; i < batch.rows->num_rows(); ++i) {
    read->positions.push_back(batch.first_row + i);
  }
  batches->push_back(batch.rows);
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<ReadText> ReadTextObject(const Format& format, std::string_view key,
                                       const std::string& content, const KnownColumns& known,
                                       int64_t batch_bytes, int64_t memory_bytes) {
  const auto object = arrow::Buffer::FromString(content);
  const auto finder = format.MakeLayoutFinder();
  ARROW_ASSIGN_OR_RAISE(
      const FoundLayout found,
      finder->Find(key, object->size(), /*whole_bytes=*/0, [&](arrow::io::ReadRange range) {
        return arrow::SliceBuffer(object, range.offset, range.length);
      }));
  finder->Settle(known);
  const auto schema = finder->Settled(key, found.layout->schema());
  ReadText read;
  arrow::RecordBatchVector batches;
  if (found.layout->tasks() > 0) {
    ARROW_ASSIGN_OR_RAISE(
        const auto reader,
        found.layout->Open(0, std::make_shared<arrow::io::BufferReader>(object),
                           {.batch_bytes = batch_bytes, .memory_bytes = memory_bytes}));
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const RowBatch batch, reader->Next());
      read.skipped.Add(batch.skipped);
      if (batch.rows == nullptr) break;
      ARROW_RETURN_NOT_OK(AddBatch(batch, &batches, &read));
    }
  }
  ARROW_ASSIGN_OR_RAISE(read.rows, arrow::Table::FromRecordBatches(schema, batches));
  return read;
}

std::string CellOf(const arrow::Table& table, int column, int64_t row) {
  const auto scalar = table.column(column)->GetScalar(row);
  return scalar.ok() ? (*scalar)->ToString() : scalar.status().ToString();
}

}  // namespace formats
