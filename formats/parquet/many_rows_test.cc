// Very many rows in very few bytes, which the format allows.
#include <gmock/gmock.h>

#include <limits>
#include <stop_token>
#include <string>

#include "arrow/api.h"
#include "base/testing.h"
#include "formats/parquet/fixtures.h"

namespace formats {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

constexpr int64_t kMaxPageValues = std::numeric_limits<int32_t>::max();

void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

// A page of so many nulls of an int32 column: one run of the definition level 0.
std::string PageOfNulls(int64_t values) {
  std::string run;
  AppendVarint(static_cast<uint64_t>(values) << 1, &run);
  run.push_back(0);
  const std::string data = std::string{static_cast<char>(run.size()), 0, 0, 0} + run;

  // PageHeader in Thrift's compact protocol: type, both sizes, then the header of a data page.
  const auto size = static_cast<char>(2 * data.size());
  std::string page{'\x15', 0, '\x15', size, '\x15', size, '\x2C', '\x15'};
  AppendVarint(static_cast<uint64_t>(values) << 1, &page);
  page += std::string{'\x15', 0, '\x15', 6, '\x15', 6, 0, 0};
  return page + data;
}

std::shared_ptr<arrow::Buffer> ObjectOfNulls(int64_t values) {
  const std::string page = PageOfNulls(values);
  const auto footer = FooterClaiming({{.rows = values,
                                       .values = values,
                                       .compressed_bytes = static_cast<int64_t>(page.size()),
                                       .uncompressed_bytes = static_cast<int64_t>(page.size())}},
                                     /*nullable=*/true);
  return arrow::Buffer::FromString("PAR1" + page + footer->ToString());
}

TEST(ManyRows, APageOfNullsIsReadToItsEnd) {
  const auto object = ObjectOfNulls(1'000'000);
  const auto file = OpenParquet(object).ValueOrDie();
  const auto table = ReadAll(*file, *object).ValueOrDie();
  EXPECT_EQ(table->num_rows(), 1'000'000);
  EXPECT_EQ(table->column(0)->null_count(), 1'000'000);
}

TEST(ManyRows, AsManyNullsAsAPageCanHaveTakeTheMemoryOfOneBatch) {
  const auto object = ObjectOfNulls(kMaxPageValues);
  ASSERT_LT(object->size(), 300);
  const auto file = OpenParquet(object).ValueOrDie();
  EXPECT_EQ(file->rows(), kMaxPageValues);
  for (const int64_t window_bytes : {0, 64}) {
    arrow::ProxyMemoryPool pool(arrow::default_memory_pool());
    const auto reader = file->Read(0, FetchedRowGroup(*file, 0, *object),
                                   {.window_bytes = window_bytes, .pool = &pool})
                            .ValueOrDie();
    for (int i = 0; i < 100; ++i) {
      EXPECT_LE(reader->Next().ValueOrDie()->num_rows(), 64 * 1024);
    }
    EXPECT_LT(pool.max_memory(), 4 << 20);
  }
}

TEST(ManyRows, ReadingThemEndsWithTheBatchOnceItIsToStop) {
  const auto object = ObjectOfNulls(kMaxPageValues);
  const auto file = OpenParquet(object).ValueOrDie();
  std::stop_source source;
  const auto reader =
      file->Read(0, FetchedRowGroup(*file, 0, *object), {.stop = source.get_token()}).ValueOrDie();
  EXPECT_THAT(reader->Next(), IsOk());
  source.request_stop();
  EXPECT_THAT(reader->Next(), IsError(ErrorKind::kCancelled));
}

}  // namespace
}  // namespace formats
