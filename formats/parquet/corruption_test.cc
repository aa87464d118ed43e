// Objects that are damaged or hostile: reading them ends with an error of the right kind, or, where
// nothing can tell the damage, with values; never with a crash or without end.
#include <gmock/gmock.h>

#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "arrow/api.h"
#include "arrow/memory_pool.h"
#include "base/testing.h"
#include "formats/parquet/fixtures.h"
#include "formats/parquet/page_pool.h"
#include "formats/parquet/parquet_errors.h"
#include "formats/parquet/parquet_file.h"

namespace formats {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;

// Far above what the small objects here need, far below what a hostile header can ask for.
constexpr int64_t kMemoryLimit = int64_t{256} << 20;

/// What comes of opening the object and reading all of it.
arrow::Status OpenAndRead(const std::shared_ptr<arrow::Buffer>& object, int64_t window_bytes = 0) {
  arrow::CappedMemoryPool pool(arrow::default_memory_pool(), kMemoryLimit);
  ARROW_ASSIGN_OR_RAISE(const auto file, OpenParquet(object));
  return ReadAll(*file, *object, {.window_bytes = window_bytes, .pool = &pool}).status();
}

/// Ends well or with a kind that blames the object.
void ExpectHarmless(const std::string& bytes, const std::string& what) {
  const auto object = arrow::Buffer::FromString(bytes);
  for (const int64_t window_bytes : {0, 300}) {
    const arrow::Status status = OpenAndRead(object, window_bytes);
    if (status.ok()) continue;
    const ErrorKind kind = base::KindOf(status);
    EXPECT_TRUE(kind == ErrorKind::kCorrupt || kind == ErrorKind::kUnsupported ||
                kind == ErrorKind::kLimit)
        << what << ": " << status.ToString();
    EXPECT_EQ(status.message().find('\n'), std::string::npos) << what << ": " << status.message();
  }
}

TEST(Corruption, AnyByteOfASmallObjectMayBeWrong) {
  const std::string whole = WriteParquet(*MixedTable(15), {.row_group_rows = 10})->ToString();
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int mask : {0x01, 0x80, 0xFF}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      ExpectHarmless(bytes, "byte " + std::to_string(i) + " xor " + std::to_string(mask));
    }
  }
}

TEST(Corruption, AnyRegionWithoutChecksumsMayBeNoise) {
  std::mt19937 random(7);
  for (const bool pages_v2 : {false, true}) {
    const auto object = WriteParquet(*MixedTable(300), {.codec = arrow::Compression::UNCOMPRESSED,
                                                        .checksums = false,
                                                        .stored_arrow_schema = true,
                                                        .pages_v2 = pages_v2});
    const std::string whole = object->ToString();
    for (size_t i = 0; i + 16 <= whole.size(); i += 16) {
      std::string bytes = whole;
      for (size_t n = i; n < i + 16; ++n) bytes[n] = static_cast<char>(random());
      ExpectHarmless(bytes, "region at " + std::to_string(i));
    }
  }
}

TEST(Corruption, AnObjectMayEndAnywhere) {
  const std::string whole = WriteParquet(*MixedTable(40))->ToString();
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto object = arrow::Buffer::FromString(whole.substr(0, size));
    ASSERT_THAT(OpenAndRead(object), IsError(ErrorKind::kCorrupt)) << size << " bytes";
  }
}

TEST(Corruption, AChecksumFindsAFlippedBitInAPage) {
  const auto table = OneColumn(arrow::int64(), "[1, 2, 3, 4, 5, 6, 7, 8]");
  WriteOptions options{.codec = arrow::Compression::UNCOMPRESSED, .dictionary = false};
  for (const bool checksums : {true, false}) {
    options.checksums = checksums;
    std::string bytes = WriteParquet(*table, options)->ToString();
    const int64_t seven = 7;
    const size_t at = bytes.find(std::string(reinterpret_cast<const char*>(&seven), 8));
    ASSERT_NE(at, std::string::npos);
    bytes[at] = 9;
    const auto result = OpenAndRead(arrow::Buffer::FromString(bytes));
    if (checksums) {
      EXPECT_THAT(result, IsError(ErrorKind::kCorrupt));
      EXPECT_THAT(result.message(), testing::StartsWith("row group 0, column x: "));
    } else {
      EXPECT_THAT(result, IsOk());
    }
  }
}

TEST(Corruption, AFooterMayPromiseMoreRowsThanThereAre) {
  // A page of 10 values under a footer that speaks of 20.
  const auto table = OneColumn(arrow::int32(), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
  const auto required = arrow::Table::Make(
      arrow::schema({arrow::field("x", arrow::int32(), /*nullable=*/false)}), table->columns());
  const std::string honest =
      WriteParquet(*required, {.codec = arrow::Compression::UNCOMPRESSED, .dictionary = false})
          ->ToString();
  const int64_t data_bytes =
      OpenParquet(arrow::Buffer::FromString(honest)).ValueOrDie()->row_group(0).compressed_bytes;
  const auto footer = FooterClaiming({{.rows = 20, .values = 20, .compressed_bytes = data_bytes}});
  const auto object =
      arrow::Buffer::FromString(honest.substr(0, 4 + data_bytes) + footer->ToString());
  EXPECT_THAT(OpenAndRead(object), IsError(ErrorKind::kCorrupt));
}

TEST(Corruption, AFooterMayPromiseMoreRowsThanMemoryCouldHold) {
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  const std::string footer = FooterClaiming({{.rows = kHuge, .values = kHuge}})->ToString();
  const auto object = arrow::Buffer::FromString("PAR1" + std::string(200, '\0') + footer);
  EXPECT_THAT(OpenAndRead(object), IsError(ErrorKind::kCorrupt));
}

TEST(Corruption, APageMayNotClaimMemoryOutOfProportion) {
  arrow::ProxyMemoryPool counted(arrow::default_memory_pool());
  PagePool pool(&counted, /*page_bytes=*/1000, /*total_bytes=*/1'000'000);
  EXPECT_THAT(arrow::AllocateResizableBuffer(1001, &pool), IsError(ErrorKind::kCorrupt));
  auto buffer = arrow::AllocateResizableBuffer(900, &pool).ValueOrDie();
  EXPECT_GE(counted.bytes_allocated(), 900);
  EXPECT_THAT(buffer->Resize(5000), IsError(ErrorKind::kCorrupt));
  buffer.reset();
  EXPECT_EQ(counted.bytes_allocated(), 0);
}

TEST(Corruption, PagesTogetherStayWithinTheirMemory) {
  PagePool pool(arrow::default_memory_pool(), /*page_bytes=*/10'000, /*total_bytes=*/10'000);
  auto first = arrow::AllocateResizableBuffer(6000, &pool).ValueOrDie();
  EXPECT_THAT(arrow::AllocateResizableBuffer(6000, &pool), IsError(ErrorKind::kLimit));
  EXPECT_THAT(first->Resize(9000), IsOk());
  first.reset();
  EXPECT_THAT(arrow::AllocateResizableBuffer(6000, &pool), IsOk());
}

TEST(Classified, KeepsTheKindOfAStatusThatHasOne) {
  const auto status = base::MakeError(ErrorKind::kThrottled, "slow down");
  EXPECT_THAT(Classified(status, "row group 3"), IsError(ErrorKind::kThrottled));
  EXPECT_THAT(Classified(status, "row group 3"), HasMessage("slow down"));
  EXPECT_THAT(Classified(arrow::Status::Cancelled("stop"), "x"), IsError(ErrorKind::kCancelled));
  EXPECT_THAT(Classified(arrow::Status::OK(), "x"), IsOk());
}

TEST(Classified, GivesAKindAndOneLineOfTextToTheRest) {
  EXPECT_THAT(Classified(arrow::Status::IOError("bad\npage\n"), "row group 3"),
              HasMessage("row group 3: bad page"));
  EXPECT_THAT(Classified(arrow::Status::Invalid("x"), "w"), IsError(ErrorKind::kCorrupt));
  EXPECT_THAT(Classified(arrow::Status::NotImplemented("x"), "w"),
              IsError(ErrorKind::kUnsupported));
  EXPECT_THAT(Classified(arrow::Status::IOError("Not yet implemented: y."), "w"),
              IsError(ErrorKind::kUnsupported));
  EXPECT_THAT(Classified(arrow::Status::OutOfMemory("x"), "w"), IsError(ErrorKind::kLimit));
}

TEST(Guarded, TurnsEveryExceptionIntoAStatus) {
  const auto thrown = [](auto exception) {
    return Guarded([&]() -> arrow::Status { throw exception; });
  };
  EXPECT_TRUE(thrown(std::bad_alloc()).IsOutOfMemory());
  EXPECT_EQ(thrown(std::runtime_error("why")).message(), "why");
  EXPECT_FALSE(thrown(42).ok());
}

}  // namespace
}  // namespace formats
