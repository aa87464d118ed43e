#include "formats/byte_ranges.h"

#include <gmock/gmock.h>

#include <limits>
#include <random>

namespace formats {
namespace {

using arrow::io::ReadRange;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr RangeOptions kSmall{.hole_bytes = 10, .target_bytes = 100, .max_bytes = 160};

TEST(ByteRanges, NothingIsFetchedForNoPiecesAndForEmptyOnes) {
  EXPECT_THAT(CoverPieces({}, kSmall), IsEmpty());
  EXPECT_THAT(CoverPieces({{5, 0}, {900, 0}}, kSmall), IsEmpty());
}

TEST(ByteRanges, AHoleOfTheLimitIsFetchedAndOneByteMoreIsSkipped) {
  EXPECT_THAT(CoverPieces({{0, 20}, {30, 20}}, kSmall), ElementsAre(ReadRange{0, 50}));
  EXPECT_THAT(CoverPieces({{0, 20}, {31, 20}}, kSmall),
              ElementsAre(ReadRange{0, 20}, ReadRange{31, 20}));
}

TEST(ByteRanges, PiecesMayComeInAnyOrderOverlapAndContainEachOther) {
  EXPECT_THAT(CoverPieces({{40, 10}, {0, 30}, {10, 5}, {25, 10}}, kSmall),
              ElementsAre(ReadRange{0, 50}));
}

TEST(ByteRanges, ARangeStaysWholeUntilTwoPartsAreNearerToTheTarget) {
  EXPECT_THAT(CoverPieces({{7, 149}}, kSmall), ElementsAre(ReadRange{7, 149}));
  EXPECT_THAT(CoverPieces({{7, 150}}, kSmall), ElementsAre(ReadRange{7, 75}, ReadRange{82, 75}));
}

TEST(ByteRanges, NoRangeIsLongerThanTheMaximumEvenWhenTheTargetIs) {
  const RangeOptions options{.hole_bytes = 0, .target_bytes = 1000, .max_bytes = 160};
  EXPECT_THAT(CoverPieces({{0, 160}}, options), ElementsAre(ReadRange{0, 160}));
  EXPECT_THAT(CoverPieces({{0, 161}}, options), ElementsAre(ReadRange{0, 81}, ReadRange{81, 80}));
}

TEST(ByteRanges, PiecesNearTheLargestOffsetDoNotOverflow) {
  const int64_t end = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(CoverPieces({{end - 20, 20}, {0, 5}}, kSmall),
              ElementsAre(ReadRange{0, 5}, ReadRange{end - 20, 20}));
}

TEST(ByteRanges, RandomPiecesAreCoveredByDisjointAscendingRangesOfAllowedLength) {
  std::mt19937 engine(1);
  const auto below = [&](int64_t end) { return static_cast<int64_t>(engine() % end); };
  for (int round = 0; round < 500; ++round) {
    std::vector<ReadRange> pieces(below(8));
    for (ReadRange& piece : pieces) piece = {below(1500), below(400)};
    const RangeOptions options{
        .hole_bytes = below(20), .target_bytes = 1 + below(200), .max_bytes = 1 + below(300)};
    const auto ranges = CoverPieces(pieces, options);
    std::vector<bool> covered(2000);
    int64_t end = 0;
    for (const ReadRange& range : ranges) {
      EXPECT_GE(range.offset, end);
      EXPECT_GT(range.length, 0);
      EXPECT_LE(range.length, options.max_bytes);
      end = range.offset + range.length;
      for (int64_t i = range.offset; i < end; ++i) covered[i] = true;
    }
    for (const ReadRange& piece : pieces) {
      for (int64_t i = piece.offset; i < piece.offset + piece.length; ++i) {
        ASSERT_TRUE(covered[i]) << "byte " << i << " in round " << round;
      }
    }
  }
}

}  // namespace
}  // namespace formats
