// What decoding may take: batches and pages that do not fit into the memory given.
#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "arrow/api.h"
#include "base/memory_scope.h"
#include "base/testing.h"
#include "formats/parquet/fixtures.h"
#include "formats/parquet/parquet_file.h"

namespace formats {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

constexpr int64_t kMiB = 1 << 20;

// One string of `bytes` that every row refers to, in lists, since the reader knows the sizes of
// other repetitive columns beforehand.
std::shared_ptr<arrow::Table> RepeatedString(int64_t rows, size_t bytes) {
  const auto texts = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), texts);
  const std::string text(bytes, 'x');
  for (int64_t i = 0; i < rows; ++i) {
    EXPECT_THAT(lists.Append(), IsOk());
    EXPECT_THAT(texts->Append(text), IsOk());
  }
  return arrow::Table::Make(arrow::schema({arrow::field("x", arrow::list(arrow::utf8()))}),
                            {lists.Finish().ValueOrDie()});
}

TEST(Read, RowsFarLargerThanEstimatedAreReadFewerAtATime) {
  const auto table = RepeatedString(2000, 20'000);
  const auto object = WriteParquet(*table, {.size_statistics = false});
  const auto file = OpenParquet(object).ValueOrDie();
  base::StepMemory memory{.share_bytes = 4 * kMiB, .limit_bytes = 4 * kMiB};
  const auto reader = file->Read(0, FetchedRowGroup(*file, 0, *object),
                                 {.batch_bytes = kMiB / 2, .pool = base::MeteredPool()})
                          .ValueOrDie();
  int64_t rows = 0;
  for (;;) {
    const base::MemoryScope scope(memory);
    const auto batch = reader->Next().ValueOrDie();
    if (batch == nullptr) break;
    const auto expected = table->Slice(rows, batch->num_rows());
    ASSERT_TRUE(arrow::Table::FromRecordBatches({batch}).ValueOrDie()->Equals(*expected));
    rows += batch->num_rows();
  }
  EXPECT_EQ(rows, 2000);
}

TEST(Read, ARowThatDoesNotFitIsAnErrorOfKindLimit) {
  const auto object = WriteParquet(*RepeatedString(10, 2 * kMiB), {.size_statistics = false});
  const auto file = OpenParquet(object).ValueOrDie();
  base::StepMemory memory{.share_bytes = kMiB, .limit_bytes = kMiB};
  const base::MemoryScope scope(memory);
  const auto reader =
      file->Read(0, FetchedRowGroup(*file, 0, *object), {.pool = base::MeteredPool()}).ValueOrDie();
  EXPECT_THAT(reader->Next(), IsError(ErrorKind::kLimit));
}

TEST(Read, APageMayTakeAllThatTheFooterGivesToItsColumn) {
  arrow::Int64Builder builder;
  ASSERT_THAT(builder.AppendEmptyValues(9 << 20), IsOk());
  const auto table = arrow::Table::Make(arrow::schema({arrow::field("x", arrow::int64(), false)}),
                                        {builder.Finish().ValueOrDie()});
  const auto object = WriteParquet(
      *table, {.row_group_rows = 9 << 20, .dictionary = false, .page_bytes = 100 * kMiB});
  const auto file = OpenParquet(object).ValueOrDie();
  ASSERT_EQ(file->row_groups(), 1);
  EXPECT_TRUE(ReadAll(*file, *object).ValueOrDie()->Equals(*table));
}

TEST(Read, PagesThatDoNotFitAreAnErrorOfKindLimit) {
  const auto object = WriteParquet(*MixedTable(100'000), {.dictionary = false, .page_bytes = kMiB});
  const auto file = OpenParquet(object).ValueOrDie();
  EXPECT_THAT(ReadBatches(*file, *object, {.page_memory_bytes = kMiB / 2}),
              IsError(ErrorKind::kLimit));
  EXPECT_THAT(ReadBatches(*file, *object, {.page_memory_bytes = 8 * kMiB}), IsOk());
}

TEST(Read, AStoredPageThatDoesNotFitIsAnErrorOfKindLimit) {
  const auto object = WriteParquet(
      *MixedTable(100'000),
      {.codec = arrow::Compression::UNCOMPRESSED, .dictionary = false, .page_bytes = kMiB});
  const auto file = OpenParquet(object).ValueOrDie();
  const ReadOptions options{.window_bytes = kMiB / 16, .page_memory_bytes = kMiB / 8};
  EXPECT_THAT(ReadBatches(*file, *object, options), IsError(ErrorKind::kLimit));
}

}  // namespace
}  // namespace formats
