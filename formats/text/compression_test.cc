#include "formats/text/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "arrow/buffer.h"
#include "arrow/io/memory.h"
#include "arrow/util/compression.h"
#include "base/testing.h"

namespace formats {
namespace {

using base::IsError;
using testing::HasSubstr;

std::string Compress(arrow::Compression::type type, const std::string& text) {
  const auto codec = arrow::util::Codec::Create(type).ValueOrDie();
  const auto compressor = codec->MakeCompressor().ValueOrDie();
  std::string out(2 * text.size() + 1'000'000, '\0');
  auto* const bytes = reinterpret_cast<uint8_t*>(out.data());
  const auto size = static_cast<int64_t>(out.size());
  int64_t read = 0, written = 0;
  while (read < static_cast<int64_t>(text.size())) {
    const auto step = compressor
                          ->Compress(static_cast<int64_t>(text.size()) - read,
                                     reinterpret_cast<const uint8_t*>(text.data()) + read,
                                     size - written, bytes + written)
                          .ValueOrDie();
    read += step.bytes_read;
    written += step.bytes_written;
  }
  const auto end = compressor->End(size - written, bytes + written).ValueOrDie();
  EXPECT_FALSE(end.should_retry);
  out.resize(static_cast<size_t>(written + end.bytes_written));
  return out;
}

arrow::Result<std::string> Decompress(const std::string& stored, int64_t step = 1000) {
  ARROW_ASSIGN_OR_RAISE(const Compression found, FindCompression(stored, CompressionChoice::kAuto));
  ARROW_ASSIGN_OR_RAISE(auto source,
                        Decompressed(found, StreamSource(std::make_shared<arrow::io::BufferReader>(
                                                arrow::Buffer::FromString(stored)))));
  std::string text;
  for (;;) {
    const size_t at = text.size();
    text.resize(at + static_cast<size_t>(step));
    ARROW_ASSIGN_OR_RAISE(const int64_t got,
                          source->Read(step, reinterpret_cast<uint8_t*>(text.data()) + at));
    text.resize(at + static_cast<size_t>(got));
    if (got == 0) return text;
  }
}

constexpr arrow::Compression::type kAll[] = {arrow::Compression::GZIP, arrow::Compression::ZSTD,
                                             arrow::Compression::BZ2,
                                             arrow::Compression::LZ4_FRAME};

std::string SomeText() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919 % 10'007) + "\n";
  return text;
}

TEST(Decompressed, ReadsOneMemberAndSeveral) {
  const std::string text = SomeText();
  for (const auto type : kAll) {
    const std::string stored = Compress(type, text);
    EXPECT_TRUE(Decompress(stored).ValueOr("failed") == text) << type;
    EXPECT_TRUE(Decompress(stored, 1 << 20).ValueOr("failed") == text) << type;
    EXPECT_TRUE(Decompress(stored + stored + Compress(type, "end")).ValueOr("failed") ==
                text + text + "end")
        << type;
    EXPECT_TRUE(Decompress(Compress(type, "")).ValueOr("failed") == std::string()) << type;
  }
}

TEST(Decompressed, RefusesAStreamThatIsCutOffAndNeverTakesItForItsEnd) {
  const std::string text = SomeText();
  for (const auto type : kAll) {
    const std::string stored = Compress(type, text);
    for (const size_t size : {stored.size() - 1, stored.size() / 2, size_t{12}}) {
      const auto read = Decompress(stored.substr(0, size));
      EXPECT_THAT(read.status(), IsError(base::ErrorKind::kCorrupt)) << type << " at " << size;
    }
  }
}

TEST(Decompressed, RefusesWhatStandsBehindAStreamUnlessItIsZeros) {
  for (const auto type : kAll) {
    const std::string stored = Compress(type, "text");
    EXPECT_THAT(Decompress(stored + "garbage").status(), IsError(base::ErrorKind::kCorrupt))
        << type;
    EXPECT_TRUE(Decompress(stored + std::string(512, '\0')).ValueOr("failed") ==
                std::string("text"))
        << type;
    EXPECT_THAT(Decompress(stored + std::string(512, '\0') + "x").status(),
                IsError(base::ErrorKind::kCorrupt))
        << type;
  }
}

TEST(FindCompression, NamesWhatItCannotRead) {
  for (const auto& [bytes, name] : std::vector<std::pair<std::string, std::string>>{
           {std::string("\xff\x06\x00\x00sNaPpY", 10), "snappy"},
           {std::string("PK\x03\x04zip"), "zip"},
           {std::string("\xfd"
                        "7zXZ\x00",
                        6),
            "xz"},
           {"PAR1xxxx", "Parquet"}}) {
    const auto found = FindCompression(bytes, CompressionChoice::kAuto);
    EXPECT_THAT(found.status(), IsError(base::ErrorKind::kUnsupported));
    EXPECT_THAT(found.status().ToString(), HasSubstr(name));
  }
}

TEST(WithoutCompressionEnding, CutsOneEndingInAnyCase) {
  EXPECT_EQ(WithoutCompressionEnding("a/b.csv.GZ"), "a/b.csv");
  EXPECT_EQ(WithoutCompressionEnding("a.csv"), "a.csv");
  EXPECT_EQ(WithoutCompressionEnding(".gz"), ".gz");
}

}  // namespace
}  // namespace formats
