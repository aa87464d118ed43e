#include "formats/parquet/footer_scan.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "base/testing.h"
#include "formats/parquet/fixtures.h"

namespace formats {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;

arrow::Result<FooterOutline> Outline(std::string_view footer) {
  return OutlineFooter({reinterpret_cast<const uint8_t*>(footer.data()), footer.size()});
}

arrow::Status Check(std::string_view footer) { return Outline(footer).status(); }

std::string FooterOf(const arrow::Buffer& object) {
  const std::string whole = object.ToString();
  const auto bytes = static_cast<size_t>(FooterBytes(object, object.size()).ValueOrDie());
  return whole.substr(whole.size() - bytes, bytes - kTrailerBytes);
}

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

// One row group of so many column chunks, each with nothing but a file offset of 0.
std::string FooterOfChunks(int count) {
  std::string footer = "\x49\x1C\x19\xFC" + Varint(count);
  for (int i = 0; i < count; ++i) footer += std::string("\x26\0\0", 3);
  return footer + std::string(2, '\0');
}

TEST(OutlineFooter, TakesWhatWritersWrite) {
  EXPECT_THAT(Check(FooterOf(*WriteParquet(*MixedTable(100)))), IsOk());
  const WriteOptions least{.row_group_rows = 1, .dictionary = false, .size_statistics = false};
  EXPECT_THAT(Check(FooterOf(*WriteParquet(*MixedTable(5000), least))), IsOk());
  const WriteOptions most{.row_group_rows = 10, .stored_arrow_schema = true, .page_index = true};
  EXPECT_THAT(Check(FooterOf(*WriteParquet(*MixedTable(5000), most))), IsOk());
  EXPECT_THAT(Check(FooterOfChunks(1000)), IsOk());
}

TEST(OutlineFooter, RefusesWhatEndsTooEarly) {
  const std::string whole = FooterOf(*WriteParquet(*MixedTable(100)));
  for (size_t size = 0; size < whole.size(); ++size) {
    ASSERT_THAT(Check(whole.substr(0, size)), IsError(ErrorKind::kCorrupt)) << size;
  }
}

TEST(OutlineFooter, RefusesObjectsOutOfProportionToTheirBytes) {
  EXPECT_THAT(Check(FooterOfChunks(1'000'000)), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(Check(FooterOfChunks(1'000'000)),
              HasMessage("footer: its lists are out of all proportion to its size"));
}

TEST(OutlineFooter, RefusesAListOfMoreItemsThanBytes) {
  EXPECT_THAT(Check("\x29\xFC" + Varint(1U << 31)), IsError(ErrorKind::kCorrupt));
}

TEST(OutlineFooter, FindsTheRowGroups) {
  const std::string footer = FooterOfChunks(1000);
  const FooterOutline outline = Outline(footer).ValueOrDie();
  // The list begins behind the heads of its field, and only the end of the footer follows it.
  EXPECT_EQ(outline.list_begin, 1u);
  EXPECT_EQ(outline.list_end, footer.size() - 1);
  ASSERT_EQ(outline.row_groups.size(), 1u);
  EXPECT_EQ(outline.row_groups[0].begin, 2u);
  EXPECT_EQ(outline.row_groups[0].end, outline.list_end);
  EXPECT_GT(outline.row_groups[0].heap_bytes, 100 * 1000);

  const WriteOptions two{.row_group_rows = 10};
  const auto written = Outline(FooterOf(*WriteParquet(*MixedTable(20), two))).ValueOrDie();
  ASSERT_EQ(written.row_groups.size(), 2u);
  EXPECT_EQ(written.row_groups[0].end, written.row_groups[1].begin);
  EXPECT_EQ(written.row_groups[1].end, written.list_end);
}

TEST(OutlineFooter, RefusesASecondListOfRowGroups) {
  EXPECT_THAT(Check(std::string("\x49\x0C\x09\x08\x0C\0", 6)), IsError(ErrorKind::kCorrupt));
}

TEST(OutlineFooter, RefusesRowGroupsThatAreNumbers) {
  EXPECT_THAT(Check(std::string("\x49\x15\x02\0", 4)), IsError(ErrorKind::kCorrupt));
}

TEST(OutlineFooter, RefusesEndlessNesting) {
  EXPECT_THAT(Check(std::string(1'000'000, '\x1C')), IsError(ErrorKind::kCorrupt));
  std::string lists;
  for (int i = 0; i < 100'000; ++i) lists += '\x19';
  EXPECT_THAT(Check(lists), IsError(ErrorKind::kCorrupt));
}

}  // namespace
}  // namespace formats
