#include "formats/parquet/parquet_file.h"

#include <gmock/gmock.h>

#include <limits>
#include <string>

#include "arrow/api.h"
#include "arrow/util/key_value_metadata.h"
#include "base/testing.h"
#include "formats/parquet/fixtures.h"

namespace formats {
namespace {

using arrow::io::ReadRange;
using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();

std::string Trailer(uint32_t footer_length, std::string_view magic = "PAR1") {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(footer_length >> (8 * i)));
  return bytes + std::string(magic);
}

arrow::Result<int64_t> FooterOf(const std::string& tail, int64_t object_bytes) {
  return FooterBytes(*arrow::Buffer::FromString(tail), object_bytes);
}

/// A footer with these claims at the end of an object of 1,000 data bytes.
arrow::Result<std::shared_ptr<const ParquetFile>> OpenClaiming(
    const std::vector<ChunkClaims>& claims) {
  const auto footer = FooterClaiming(claims);
  return ParquetFile::Make(*footer, footer->size() + 1000);
}

TEST(FooterBytes, IsTheLengthInTheTrailerPlusTheTrailer) {
  EXPECT_EQ(FooterOf(Trailer(100), 112).ValueOrDie(), 108);
  EXPECT_EQ(FooterOf("what comes before" + Trailer(100), 5000).ValueOrDie(), 108);
}

TEST(FooterBytes, AnObjectTooSmallForAFooterIsCorrupt) {
  EXPECT_THAT(FooterOf("", 0), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(FooterOf(Trailer(1), 11), IsError(ErrorKind::kCorrupt));
}

TEST(FooterBytes, OtherMagicIsCorruptAndThatOfAnEncryptedFooterUnsupported) {
  EXPECT_THAT(FooterOf(Trailer(100, "PAR2"), 5000), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(FooterOf(Trailer(100, "PARE"), 5000), IsError(ErrorKind::kUnsupported));
}

TEST(FooterBytes, AFooterThatDoesNotFitBehindTheFirstMagicIsCorrupt) {
  EXPECT_THAT(FooterOf(Trailer(100), 111), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(FooterOf(Trailer(0), 5000), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(FooterOf(Trailer(0xFFFFFFFF), 5000), IsError(ErrorKind::kCorrupt));
}

TEST(FooterBytes, AFooterAboveTheLimitIsRefused) {
  const uint32_t most = (64 << 20) - 8;
  EXPECT_EQ(FooterOf(Trailer(most), kLargest).ValueOrDie(), kMaxFooterBytes);
  EXPECT_THAT(FooterOf(Trailer(most + 1), kLargest), IsError(ErrorKind::kLimit));
}

TEST(ParquetFile, TellsRowsAndSizesOfEachRowGroup) {
  const auto object = WriteParquet(*MixedTable(2500), {.row_group_rows = 1000});
  const auto file = OpenParquet(object).ValueOrDie();
  EXPECT_EQ(file->rows(), 2500);
  EXPECT_EQ(file->leaf_columns(), 4);
  EXPECT_EQ(file->object_bytes(), object->size());
  ASSERT_EQ(file->row_groups(), 3);
  EXPECT_EQ(file->row_group(2).first_row, 2000);
  EXPECT_EQ(file->row_group(2).rows, 500);
  int64_t compressed = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_GT(file->row_group(i).uncompressed_bytes, file->row_group(i).compressed_bytes);
    compressed += file->row_group(i).compressed_bytes;
  }
  EXPECT_EQ(compressed + 4 + file->footer_bytes(), object->size());
  EXPECT_GT(file->memory_bytes(), file->footer_bytes());
}

TEST(ParquetFile, ATailLongerThanTheFooterIsFine) {
  const auto object = WriteParquet(*MixedTable(10));
  EXPECT_EQ(ParquetFile::Make(*object, object->size()).ValueOrDie()->rows(), 10);
}

TEST(ParquetFile, TheSchemaHasNoMetadataAtAnyDepth) {
  const auto note = arrow::key_value_metadata({"PARQUET:field_id", "note"}, {"7", "n"});
  const auto inner = arrow::field("inner", arrow::int32())->WithMetadata(note);
  const auto type = arrow::list(arrow::field("element", arrow::struct_({inner})));
  const auto table = OneColumn(type, "[[{\"inner\": 1}], null]");
  const auto noted = arrow::schema({table->field(0)->WithMetadata(note)})->WithMetadata(note);
  const auto object =
      WriteParquet(*arrow::Table::Make(noted, table->columns()), {.stored_arrow_schema = true});
  const auto file = OpenParquet(object).ValueOrDie();
  const auto plain_inner = arrow::struct_({arrow::field("inner", arrow::int32())});
  const auto plain =
      arrow::schema({arrow::field("x", arrow::list(arrow::field("element", plain_inner)))});
  EXPECT_TRUE(file->schema()->Equals(*plain, /*check_metadata=*/true))
      << file->schema()->ToString(true);
}

TEST(ParquetFile, AChunkMayFillAllBetweenMagicAndFooterAndNoMore) {
  EXPECT_THAT(OpenClaiming({{.data_offset = 4, .compressed_bytes = 996}}), IsOk());
  EXPECT_THAT(OpenClaiming({{.data_offset = 4, .compressed_bytes = 997}}),
              IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(OpenClaiming({{.data_offset = 3}}), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(OpenClaiming({{.data_offset = -1}}), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(OpenClaiming({{.data_offset = kLargest, .compressed_bytes = kLargest}}),
              IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(OpenClaiming({{.compressed_bytes = -1}}),
              HasMessage("row group 0, column x: lies outside the data of the object"));
}

TEST(ParquetFile, CountsThatCannotBeAreCorrupt) {
  EXPECT_THAT(OpenClaiming({{.rows = 10, .values = 10}}), IsOk());
  EXPECT_THAT(OpenClaiming({{.rows = 10, .values = 9}}),
              HasMessage("row group 0, column x: has 9 values for 10 rows"));
  EXPECT_THAT(OpenClaiming({{.rows = 10, .values = 11}}), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(OpenClaiming({{.rows = -1, .values = -1}}), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(OpenClaiming({{.uncompressed_bytes = -1}}), IsError(ErrorKind::kCorrupt));
}

TEST(ParquetFile, MoreRowsThanItsBytesCanHoldAreCorrupt) {
  const auto claiming = [](int64_t rows) {
    return OpenClaiming({{.rows = rows, .values = rows, .compressed_bytes = 100}});
  };
  EXPECT_THAT(claiming(100 * kMaxRowsPerByte), IsOk());
  EXPECT_THAT(claiming(100 * kMaxRowsPerByte + 1),
              HasMessage("row group 0, column x: 13421772801 rows cannot be stored in 100 bytes"));
  EXPECT_THAT(claiming(kLargest), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(OpenClaiming({{.rows = 1, .values = 1, .compressed_bytes = 0}}),
              IsError(ErrorKind::kCorrupt));
}

TEST(ParquetFile, RowsWithoutAnyColumnAreCorrupt) {
  const auto open = [](int64_t rows) {
    const auto footer = FooterWithoutColumns(rows);
    return ParquetFile::Make(*footer, footer->size() + 4);
  };
  EXPECT_THAT(open(int64_t{1} << 60),
              HasMessage("row group 0: 1152921504606846976 rows, but no column that holds values"));
  EXPECT_THAT(open(1), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(open(0), IsOk());
}

TEST(ParquetFile, TheRowsOfTheRowGroupsCountWhateverTheFileSays) {
  // 300 rows are the varint D8 04 in the footer, first as the rows of the file.
  std::string footer = FooterClaiming({{.rows = 300, .values = 300}})->ToString();
  const size_t at = footer.find("\xD8\x04");
  ASSERT_NE(at, std::string::npos);
  footer[at] = '\xDA';
  const auto file =
      ParquetFile::Make(*arrow::Buffer::FromString(footer), footer.size() + 1000).ValueOrDie();
  EXPECT_EQ(file->rows(), 300);
  EXPECT_THAT(
      file->warnings(),
      ElementsAre("the footer's number of rows is not that of its row groups, which count"));
}

TEST(ParquetFile, AFooterCutShortOrFullOfNoiseIsCorrupt) {
  const std::string footer = FooterClaiming({{}})->ToString();
  const std::string noise =
      std::string(footer.size() - 8, '\x5A') + footer.substr(footer.size() - 8);
  EXPECT_THAT(ParquetFile::Make(*arrow::Buffer::FromString(noise), 5000),
              IsError(ErrorKind::kCorrupt));
  const std::string cut = footer.substr(0, 20) + Trailer(20);
  const auto opened = ParquetFile::Make(*arrow::Buffer::FromString(cut), 5000);
  EXPECT_THAT(opened, IsError(ErrorKind::kCorrupt));
  EXPECT_EQ(base::MessageOf(opened.status()).find('\n'), std::string::npos);
}

TEST(ParquetFile, ACodecThatCannotBeReadIsUnsupported) {
  // The codec of a column chunk is the field behind its path: 18 01 "x", then 15 and the codec,
  // twice its number.
  const std::string footer = FooterClaiming({{}})->ToString();
  const size_t at = footer.find("\x18\x01x\x15") + 4;
  ASSERT_EQ(footer[at], 0);
  for (const char lzo_or_unknown : {'\x06', '\x64'}) {
    std::string changed = footer;
    changed[at] = lzo_or_unknown;
    EXPECT_THAT(ParquetFile::Make(*arrow::Buffer::FromString(changed), 5000),
                HasMessage("row group 0, column x: is compressed with an unsupported codec"));
  }
}

TEST(ParquetFile, ATailWithoutTheWholeFooterIsTheMistakeOfTheCaller) {
  const auto footer = FooterClaiming({{}});
  EXPECT_THAT(ParquetFile::Make(*arrow::SliceBuffer(footer, 1), 5000), testing::Not(IsOk()));
}

TEST(ParquetFile, RangesBeginWithTheDictionaryWhereverItLies) {
  const auto file = OpenClaiming({{.dictionary_offset = 50, .data_offset = 90}}).ValueOrDie();
  EXPECT_THAT(file->Ranges(0), ElementsAre(ReadRange{50, 100}));
  const auto behind = OpenClaiming({{.dictionary_offset = 90, .data_offset = 50}}).ValueOrDie();
  EXPECT_THAT(behind->Ranges(0), ElementsAre(ReadRange{50, 100}));
}

TEST(ParquetFile, RangesOfARowGroupLeaveOutTheOthers) {
  const auto file =
      OpenClaiming({{.data_offset = 4}, {.data_offset = 300}, {.rows = 0, .values = 0}})
          .ValueOrDie();
  EXPECT_THAT(file->Ranges(0), ElementsAre(ReadRange{4, 100}));
  EXPECT_THAT(file->Ranges(1), ElementsAre(ReadRange{300, 100}));
  EXPECT_THAT(file->Ranges(2), IsEmpty());
  EXPECT_THAT(file->Ranges(1, {.target_bytes = 50}),
              ElementsAre(ReadRange{300, 50}, ReadRange{350, 50}));
}

TEST(ParquetFile, SizesOfOldParquetMrArePaddedForTheHeaderTheyForgot) {
  const auto table = OneColumn(arrow::int32(), "[1, 2, 3]");
  const auto object = WriteParquet(*table, {.created_by = "parquet-mr version 1.2.8"});
  const auto file = OpenParquet(object).ValueOrDie();
  const int64_t padded =
      std::min<int64_t>(file->row_group(0).compressed_bytes + 100, object->size() - 4);
  EXPECT_THAT(file->Ranges(0), ElementsAre(ReadRange{4, padded}));
  EXPECT_TRUE(ReadAll(*file, *object).ValueOrDie()->Equals(*table));
}

TEST(BatchRows, FollowsTheWidthOfTheTypes) {
  const auto object = WriteParquet(*OneColumn(arrow::int64(), "[1, 2, 3, 4]"));
  const auto file = OpenParquet(object).ValueOrDie();
  const double row_bytes = 8.125;
  EXPECT_EQ(file->BatchRows(0, 100'000), static_cast<int64_t>(100'000 / row_bytes));
}

TEST(BatchRows, StaysBetweenOneAndItsMaximum) {
  const auto file = OpenParquet(WriteParquet(*MixedTable(100))).ValueOrDie();
  EXPECT_EQ(file->BatchRows(0, 1), 1);
  EXPECT_EQ(file->BatchRows(0, kLargest), 64 * 1024);
}

TEST(BatchRows, KnowsTheLengthOfRepeatedStringsFromSizeStatistics) {
  const std::string text(1000, 'a');
  const auto table = OneColumn(arrow::utf8(), "[\"" + text + "\", \"" + text + "\", null]");
  const auto known = OpenParquet(WriteParquet(*table)).ValueOrDie();
  EXPECT_NEAR(known->BatchRows(0, 1'000'000), 1'000'000 / (2000 / 3 + 4), 10);
}

TEST(BatchRows, IsCautiousAboutRepeatedStringsOfUnknownLength) {
  const auto table = MixedTable(20'000);
  const auto known = OpenParquet(WriteParquet(*table)).ValueOrDie();
  const auto unknown = OpenParquet(WriteParquet(*table, {.size_statistics = false})).ValueOrDie();
  EXPECT_LT(unknown->BatchRows(0, 1 << 20), known->BatchRows(0, 1 << 20) / 2);
}

}  // namespace
}  // namespace formats
