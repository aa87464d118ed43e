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

arrow::Status Check(std::string_view footer) {
  return CheckFooter({reinterpret_cast<const uint8_t*>(footer.data()), footer.size()});
}

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

TEST(CheckFooter, TakesWhatWritersWrite) {
  EXPECT_THAT(Check(FooterOf(*WriteParquet(*MixedTable(100)))), IsOk());
  const WriteOptions least{.row_group_rows = 1, .dictionary = false, .size_statistics = false};
  EXPECT_THAT(Check(FooterOf(*WriteParquet(*MixedTable(5000), least))), IsOk());
  const WriteOptions most{.row_group_rows = 10, .stored_arrow_schema = true, .page_index = true};
  EXPECT_THAT(Check(FooterOf(*WriteParquet(*MixedTable(5000), most))), IsOk());
  EXPECT_THAT(Check(FooterOfChunks(1000)), IsOk());
}

TEST(CheckFooter, RefusesWhatEndsTooEarly) {
  const std::string whole = FooterOf(*WriteParquet(*MixedTable(100)));
  for (size_t size = 0; size < whole.size(); ++size) {
    ASSERT_THAT(Check(whole.substr(0, size)), IsError(ErrorKind::kCorrupt)) << size;
  }
}

TEST(CheckFooter, RefusesObjectsOutOfProportionToTheirBytes) {
  EXPECT_THAT(Check(FooterOfChunks(1'000'000)), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(Check(FooterOfChunks(1'000'000)),
              HasMessage("footer: its lists are out of all proportion to its size"));
}

TEST(CheckFooter, RefusesAListOfMoreItemsThanBytes) {
  EXPECT_THAT(Check("\x29\xFC" + Varint(1U << 31)), IsError(ErrorKind::kCorrupt));
}

TEST(CheckFooter, RefusesEndlessNesting) {
  EXPECT_THAT(Check(std::string(1'000'000, '\x1C')), IsError(ErrorKind::kCorrupt));
  std::string lists;
  for (int i = 0; i < 100'000; ++i) lists += '\x19';
  EXPECT_THAT(Check(lists), IsError(ErrorKind::kCorrupt));
}

}  // namespace
}  // namespace formats
