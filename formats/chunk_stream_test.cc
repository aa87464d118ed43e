#include "formats/chunk_stream.h"

#include <gmock/gmock.h>

#include <random>
#include <stop_token>
#include <string>

#include "base/testing.h"
#include "formats/parquet/fixtures.h"

namespace formats {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

std::string SomeBytes(int64_t size) {
  std::string bytes;
  for (int64_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i * 7 + i / 256));
  return bytes;
}

TEST(ChunkStream, AnyReadsGiveTheBytesOfTheRangeInOrder) {
  std::mt19937 random(3);
  const std::string object = SomeBytes(3000);
  for (int round = 0; round < 500; ++round) {
    const int64_t window_bytes = round % 5 == 0 ? 0 : 1 + random() % 400;
    const auto file = std::make_shared<WatchedFile>(arrow::Buffer::FromString(object));
    const auto stream = OpenChunk(file, {100, 2500}, window_bytes, arrow::default_memory_pool());
    std::string read;
    while (read.size() < 2500) {
      const int64_t nbytes = random() % 700;
      const std::string expected =
          object.substr(100 + read.size(), nbytes).substr(0, 2500 - read.size());
      if (random() % 2 == 0) {
        ASSERT_EQ(stream->Peek(nbytes).ValueOrDie(), expected);
      } else {
        ASSERT_EQ(stream->Read(nbytes).ValueOrDie()->ToString(), expected);
        read += expected;
      }
    }
    EXPECT_EQ(stream->Read(1).ValueOrDie()->size(), 0);
    if (window_bytes > 0) {
      EXPECT_EQ(file->bytes, 2500);
      EXPECT_LE(file->largest_read, std::max<int64_t>(window_bytes, 700));
    }
  }
}

TEST(ChunkStream, SlicesOfAWindowOutliveItAndTheStream) {
  const auto file = std::make_shared<WatchedFile>(arrow::Buffer::FromString(SomeBytes(100)));
  auto stream = OpenChunk(file, {0, 100}, 30, arrow::default_memory_pool());
  const auto first = stream->Read(10).ValueOrDie();
  ASSERT_THAT(stream->Read(60), IsOk());
  stream.reset();
  EXPECT_EQ(first->ToString(), SomeBytes(10));
}

TEST(ChunkStream, AFailedReadLosesNothing) {
  const auto file = std::make_shared<WatchedFile>(arrow::Buffer::FromString(SomeBytes(100)));
  file->fail_at = 1;
  file->failure = base::MakeError(ErrorKind::kTransport, "gone");
  const auto stream = OpenChunk(file, {0, 100}, 30, arrow::default_memory_pool());
  ASSERT_THAT(stream->Read(20), IsOk());
  EXPECT_THAT(stream->Read(20), IsError(ErrorKind::kTransport));
  EXPECT_EQ(stream->Read(20).ValueOrDie()->ToString(), SomeBytes(40).substr(20));
}

TEST(ChunkStream, AFileThatEndsEarlyEndsTheStream) {
  const auto file = std::make_shared<WatchedFile>(arrow::Buffer::FromString(SomeBytes(50)));
  for (const int64_t window_bytes : {0, 30}) {
    const auto stream = OpenChunk(file, {0, 100}, window_bytes, arrow::default_memory_pool());
    EXPECT_EQ(stream->Read(80).ValueOrDie()->ToString(), SomeBytes(50));
    EXPECT_EQ(stream->Read(80).ValueOrDie()->size(), 0);
  }
}

TEST(ChunkStream, ReadsNothingOnceItIsToStop) {
  const auto file = std::make_shared<WatchedFile>(arrow::Buffer::FromString(SomeBytes(3000)));
  std::stop_source source;
  const auto stream =
      OpenChunk(file, {100, 2500}, 0, arrow::default_memory_pool(), kNoLimit, source.get_token());
  EXPECT_THAT(stream->Read(10), IsOk());
  source.request_stop();
  EXPECT_THAT(stream->Read(10), IsError(ErrorKind::kCancelled));
  EXPECT_THAT(stream->Peek(10), IsError(ErrorKind::kCancelled));
  EXPECT_EQ(file->reads, 1);
}

}  // namespace
}  // namespace formats
