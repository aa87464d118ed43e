#include "formats/parquet/failed_column.h"

#include <gmock/gmock.h>

#include <string>

#include "arrow/api.h"
#include "arrow/util/logging.h"
#include "base/testing.h"
#include "formats/parquet/fixtures.h"

namespace formats {
namespace {

using base::ErrorKind;
using base::IsError;
using base::MessageOf;
using testing::StartsWith;

// 100 rows of three columns, and the text of row 55 of the second, s.text, is "damage".
std::string ThreeColumns(bool checksums) {
  arrow::Int32Builder number;
  arrow::StringBuilder text;
  arrow::StringBuilder last;
  arrow::Status status;
  for (int i = 0; i < 100; ++i) {
    status &= number.Append(i);
    status &= text.Append(i == 55 ? "damage" : "text");
    status &= last.Append("last");
  }
  ARROW_CHECK_OK(status);
  const auto group = arrow::StructArray::Make({text.Finish().ValueOrDie()}, {std::string("text")});
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("n", arrow::int32()), arrow::field("s", (*group)->type()),
                     arrow::field("t", arrow::utf8())}),
      {number.Finish().ValueOrDie(), *group, last.Finish().ValueOrDie()});
  return WriteParquet(*table, {.codec = arrow::Compression::UNCOMPRESSED,
                               .dictionary = false,
                               .checksums = checksums})
      ->ToString();
}

// Where the value begins, with its length; statistics have it, too.
size_t DamageIn(const std::string& bytes) {
  return bytes.find(std::string("\x06\0\0\0damage", 10));
}

// The failure of reading it in batches of 10 rows.
arrow::Status Read(const std::string& bytes, const ReadOptions& options) {
  const auto object = arrow::Buffer::FromString(bytes);
  const auto file = OpenParquet(object).ValueOrDie();
  return ReadAll(*file, *object, options).status();
}

TEST(FailedColumn, APageThatCannotBeReadNamesItsColumn) {
  std::string bytes = ThreeColumns(/*checksums=*/true);
  bytes[DamageIn(bytes) + 4] = 'D';
  const auto status = Read(bytes, {.max_batch_rows = 10});
  EXPECT_THAT(status, IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(MessageOf(status), StartsWith("row group 0, column s.text: "));
}

TEST(FailedColumn, AValueThatCannotBeDecodedNamesItsColumnThoughOthersWereReadSince) {
  std::string bytes = ThreeColumns(/*checksums=*/false);
  bytes[DamageIn(bytes) + 3] = '\x7F';  // of its length
  for (const int64_t window_bytes : {0, 200}) {
    const auto status = Read(bytes, {.max_batch_rows = 10, .window_bytes = window_bytes});
    EXPECT_THAT(status, IsError(ErrorKind::kCorrupt));
    EXPECT_THAT(MessageOf(status), StartsWith("row group 0, column s.text: "));
  }
}

TEST(FailedColumn, AColumnWithFewerRowsThanTheOthersIsNamed) {
  // A page of 10 values under a footer that speaks of 20.
  const auto table = OneColumn(arrow::int32(), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
  const auto required = arrow::Table::Make(
      arrow::schema({arrow::field("x", arrow::int32(), /*nullable=*/false)}), table->columns());
  const auto honest =
      WriteParquet(*required, {.codec = arrow::Compression::UNCOMPRESSED, .dictionary = false});
  const int64_t data_bytes = OpenParquet(honest).ValueOrDie()->row_group(0).compressed_bytes;
  const auto footer = FooterClaiming({{.rows = 20, .values = 20, .compressed_bytes = data_bytes}});
  const auto status = Read(honest->ToString().substr(0, 4 + data_bytes) + footer->ToString(), {});
  EXPECT_THAT(MessageOf(status), StartsWith("row group 0, column x: "));
}

TEST(FailedColumn, AFailureOfTheFileIsNotSearchedFor) {
  const auto object = arrow::Buffer::FromString(ThreeColumns(/*checksums=*/false));
  const auto file = OpenParquet(object).ValueOrDie();
  const auto watched = std::make_shared<WatchedFile>(object);
  watched->fail_at = 1;
  watched->failure = base::MakeError(ErrorKind::kThrottled, "slow down");
  const auto reader = file->Read(0, watched).ValueOrDie();
  EXPECT_THAT(reader->Next(), IsError(ErrorKind::kThrottled));
  EXPECT_EQ(watched->reads, 2);
}

}  // namespace
}  // namespace formats
