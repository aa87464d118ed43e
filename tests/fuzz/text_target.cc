#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "arrow/io/memory.h"
#include "arrow/record_batch.h"
#include "base/error.h"
#include "formats/format.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

// Small, so that many blocks and long rows fit into small inputs.
constexpr int64_t kMemoryBytes = int64_t{1} << 20;
// What a hostile input may decompress to before it is given up.
constexpr int64_t kMostRows = 200'000;

struct Rows {
  int64_t count = 0;
  int64_t skipped = 0;
  int64_t misfits = 0;
  int64_t next_position = 0;

  bool operator==(const Rows&) const = default;
};

void Check(const formats::RowBatch& batch, Rows* rows) {
  Require(batch.rows->Validate().ok(), "a batch is valid");
  Require(batch.rows->num_rows() > 0, "a batch has rows");
  Require(batch.first_row >= rows->next_position, "positions ascend");
  rows->next_position = batch.first_row + batch.rows->num_rows();
  rows->count += batch.rows->num_rows();
  for (const formats::Misfits& misfits : batch.misfits) {
    Require(!misfits.rows.empty() && std::ranges::is_sorted(misfits.rows), "misfits are in order");
    Require(misfits.values->length() == static_cast<int64_t>(misfits.rows.size()) &&
                misfits.values->null_count() == 0,
            "each misfit has its value");
    for (const int64_t row : misfits.rows) {
      Require(batch.rows->column(misfits.column)->IsNull(row), "null stands for a misfit");
      Require(!batch.place_of(row).empty(), "a misfit has a place");
    }
    rows->misfits += static_cast<int64_t>(misfits.rows.size());
  }
}

arrow::Result<Rows> ReadAll(const formats::ObjectLayout& layout,
                            const std::shared_ptr<arrow::Buffer>& object, int64_t window_bytes) {
  Rows rows;
  if (layout.tasks() == 0) return rows;
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        layout.Open(0, std::make_shared<arrow::io::BufferReader>(object),
                                    {.window_bytes = window_bytes, .memory_bytes = kMemoryBytes}));
  while (rows.count < kMostRows) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
    rows.skipped += batch.skipped.count;
    if (batch.rows == nullptr) break;
    Check(batch, &rows);
  }
  return rows;
}

arrow::Status Read(const formats::Format& format, std::string_view key,
                   const std::shared_ptr<arrow::Buffer>& object) {
  const auto finder = format.MakeLayoutFinder();
  ARROW_ASSIGN_OR_RAISE(const auto found,
                        finder->Find(key, object->size(), 0, [&](arrow::io::ReadRange range) {
                          return arrow::SliceBuffer(object, range.offset, range.length);
                        }));
  finder->Settle({});
  const auto schema = finder->Settled(key, found.layout->schema());
  Require(schema->Equals(*finder->Settled(key, schema)), "what is settled stays");
  ARROW_ASSIGN_OR_RAISE(const Rows whole, ReadAll(*found.layout, object, 0));
  ARROW_ASSIGN_OR_RAISE(const Rows windows, ReadAll(*found.layout, object, 37));
  Require(whole == windows, "the same rows come through windows");
  return arrow::Status::OK();
}

void ReadWith(std::string_view filetype, const formats::TextOptions& options, std::string_view key,
              std::string_view input) {
  const auto object = arrow::Buffer::FromString(std::string(input));
  const arrow::Status status = Read(*formats::FindFormat(filetype, options), key, object);
  const base::ErrorKind kind = base::KindOf(status);
  Require(status.ok() || kind == base::ErrorKind::kCorrupt ||
              kind == base::ErrorKind::kUnsupported || kind == base::ErrorKind::kLimit,
          "an error blames the object: " + status.ToString());
}

}  // namespace

void Csv(std::string_view input) {
  ReadWith("csv", {}, "a.csv", input);
  ReadWith("csv",
           {.csv = {.escape = '\\', .header = false, .comment = '#', .newlines_in_values = false},
            .infer = formats::Inference::kFull,
            .on_malformed_row = formats::MalformedRow::kSkip},
           "a.tsv", input);
}

void Jsonl(std::string_view input) {
  ReadWith("jsonl", {}, "a.jsonl", input);
  ReadWith("jsonl",
           {.infer = formats::Inference::kFull,
            .on_malformed_row = formats::MalformedRow::kSkip,
            .flatten = true},
           "a.json", input);
}

}  // namespace fuzz
