#include "formats/ranges_file.h"

#include <gmock/gmock.h>

#include "base/testing.h"

namespace formats {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

std::shared_ptr<arrow::Buffer> Bytes(const char* text) { return arrow::Buffer::FromString(text); }

// An object "abcdefghijklmnopqrst" of which e..i, j..l and q..r are there.
std::shared_ptr<RangesFile> ThreeRanges(const std::shared_ptr<arrow::Buffer>& first) {
  return RangesFile::Make(20, {{16, Bytes("qr")}, {4, first}, {9, Bytes("jkl")}}).ValueOrDie();
}
std::shared_ptr<RangesFile> ThreeRanges() { return ThreeRanges(Bytes("efghi")); }

TEST(RangesFile, AReadInsideOneRangeIsASliceOfIt) {
  const auto first = Bytes("efghi");
  const auto file = ThreeRanges(first);
  const auto whole = file->ReadAt(4, 5).ValueOrDie();
  EXPECT_EQ(whole->data(), first->data());
  EXPECT_EQ(whole->ToString(), "efghi");
  const auto inner = file->ReadAt(6, 2).ValueOrDie();
  EXPECT_EQ(inner->data(), first->data() + 2);
  EXPECT_EQ(inner->ToString(), "gh");
}

TEST(RangesFile, ASliceOutlivesTheFile) {
  auto file = ThreeRanges();
  const auto slice = file->ReadAt(4, 5).ValueOrDie();
  ASSERT_THAT(file->Close(), IsOk());
  file.reset();
  EXPECT_EQ(slice->ToString(), "efghi");
}

TEST(RangesFile, AReadAcrossAdjoiningRangesIsPutTogether) {
  const auto bytes = ThreeRanges()->ReadAt(7, 4).ValueOrDie();
  EXPECT_EQ(bytes->ToString(), "hijk");
  char out[8] = {};
  EXPECT_THAT(ThreeRanges()->ReadAt(4, 8, out), IsOk());
  EXPECT_EQ(std::string(out, 8), "efghijkl");
}

TEST(RangesFile, AByteThatWasNotFetchedIsAnErrorOfKindCorrupt) {
  const auto file = ThreeRanges();
  EXPECT_THAT(file->ReadAt(3, 2), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(file->ReadAt(11, 2), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(file->ReadAt(17, 3), IsError(ErrorKind::kCorrupt));
  char out[2];
  EXPECT_THAT(file->ReadAt(11, 2, out), IsError(ErrorKind::kCorrupt));
}

TEST(RangesFile, AReadBeyondTheObjectIsCutAtItsEndUnlessThatIsForbidden) {
  const auto file = RangesFile::Make(3, {{0, Bytes("abc")}}).ValueOrDie();
  const auto bytes = file->ReadAt(1, 10).ValueOrDie();
  EXPECT_EQ(bytes->ToString(), "bc");
  const auto none = file->ReadAt(3, 1).ValueOrDie();
  EXPECT_EQ(none->size(), 0);
  EXPECT_THAT(file->ReadAt(1, 10, /*allow_short_read=*/false), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(file->ReadAt(4, 1), testing::Not(IsOk()));
  EXPECT_THAT(file->ReadAt(-1, 1), testing::Not(IsOk()));
}

TEST(RangesFile, ReadsInSequenceMoveThePosition) {
  const auto file = ThreeRanges();
  ASSERT_THAT(file->Seek(8), IsOk());
  const auto bytes = file->Read(2).ValueOrDie();
  EXPECT_EQ(bytes->ToString(), "ij");
  char out[2];
  EXPECT_THAT(file->Read(2, out), IsOk());
  EXPECT_EQ(std::string(out, 2), "kl");
  EXPECT_EQ(file->Tell().ValueOrDie(), 12);
  EXPECT_THAT(file->Seek(21), testing::Not(IsOk()));
}

TEST(RangesFile, RefusesRangesThatOverlapOrReachBeyondTheObject) {
  EXPECT_THAT(RangesFile::Make(9, {{0, Bytes("abc")}, {2, Bytes("cd")}}), testing::Not(IsOk()));
  EXPECT_THAT(RangesFile::Make(2, {{0, Bytes("abc")}}), testing::Not(IsOk()));
  EXPECT_THAT(RangesFile::Make(9, {{-1, Bytes("abc")}}), testing::Not(IsOk()));
}

TEST(RangesFile, AClosedFileGivesNothing) {
  const auto file = ThreeRanges();
  ASSERT_THAT(file->Close(), IsOk());
  EXPECT_TRUE(file->closed());
  EXPECT_THAT(file->ReadAt(4, 1), testing::Not(IsOk()));
}

}  // namespace
}  // namespace formats
