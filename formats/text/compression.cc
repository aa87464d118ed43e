#include "formats/text/compression.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "arrow/util/compression.h"
#include "base/error.h"
#include "base/text.h"

namespace formats {
namespace {

using namespace std::string_view_literals;

constexpr int64_t kInputBytes = int64_t{256} << 10;

struct Signature {
  std::string_view bytes;
  Compression compression;
  std::string_view name;
};
constexpr Signature kSignatures[] = {
    {"\x1f\x8b"sv, Compression::kGzip, "gzip"},
    {"\x28\xb5\x2f\xfd"sv, Compression::kZstd, "zstd"},
    {"BZh"sv, Compression::kBzip2, "bzip2"},
    {"\x04\x22\x4d\x18"sv, Compression::kLz4, "lz4"},
};

struct Stranger {
  std::string_view bytes;
  std::string_view name;
};
constexpr Stranger kStrangers[] = {
    {"\xff\x06\x00\x00sNaPpY"sv, "snappy"},
    {"\xfd"
     "7zXZ\x00"sv,
     "xz"},
    {"PK\x03\x04"sv, "a zip archive"},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive"},
    {"\x1f\x9d"sv, "compress (.Z)"},
    {"PAR1"sv, "a Parquet file"},
    {"ORC"sv, "an ORC file"},
    {"Obj\x01"sv, "an Avro file"},
    {"\x7f"
     "ELF"sv,
     "a program"},
};

constexpr std::string_view kEndings[] = {".gz", ".gzip", ".zst", ".zstd", ".bz2", ".lz4"};

arrow::Compression::type ArrowType(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return arrow::Compression::GZIP;
    case Compression::kZstd:
      return arrow::Compression::ZSTD;
    case Compression::kBzip2:
      return arrow::Compression::BZ2;
    case Compression::kLz4:
      return arrow::Compression::LZ4_FRAME;
    case Compression::kNone:
      break;
  }
  return arrow::Compression::UNCOMPRESSED;
}

std::string_view NameOf(Compression compression) {
  for (const Signature& signature : kSignatures) {
    if (signature.compression == compression) return signature.name;
  }
  return "none";
}

Compression Chosen(CompressionChoice choice) {
  switch (choice) {
    case CompressionChoice::kGzip:
      return Compression::kGzip;
    case CompressionChoice::kZstd:
      return Compression::kZstd;
    case CompressionChoice::kBzip2:
      return Compression::kBzip2;
    case CompressionChoice::kLz4:
      return Compression::kLz4;
    case CompressionChoice::kAuto:
    case CompressionChoice::kNone:
      break;
  }
  return Compression::kNone;
}

class DecompressedSource final : public ByteSource {
 public:
  DecompressedSource(Compression compression, std::unique_ptr<arrow::util::Codec> codec,
                     std::shared_ptr<arrow::util::Decompressor> decompressor,
                     std::unique_ptr<ByteSource> stored)
      : name_(NameOf(compression)),
        codec_(std::move(codec)),
        decompressor_(std::move(decompressor)),
        stored_(std::move(stored)),
        input_(kInputBytes) {}

  arrow::Result<int64_t> Read(int64_t bytes, uint8_t* out) override {
    for (;;) {
      if (begin_ == end_ && !needs_output_) ARROW_RETURN_NOT_OK(Fill());
      if (begin_ == end_ && !needs_output_) {
        if (!between_) return Corrupt("is cut off: it ends within the compressed data");
        return 0;
      }
      if (between_) {
        ARROW_ASSIGN_OR_RAISE(const bool more, BeginMember());
        if (!more) return 0;
      }
      ARROW_ASSIGN_OR_RAISE(const int64_t written, Step(bytes, out));
      if (written > 0) return written;
    }
  }

 private:
  arrow::Status Fill() {
    begin_ = 0;
    end_ = 0;
    ARROW_ASSIGN_OR_RAISE(end_, stored_->Read(kInputBytes, input_.data()));
    return arrow::Status::OK();
  }

  arrow::Result<int64_t> Step(int64_t bytes, uint8_t* out) {
    const auto result =
        decompressor_->Decompress(end_ - begin_, input_.data() + begin_, bytes, out);
    if (!result.ok()) return Corrupt("is damaged: " + base::MessageOf(result.status()));
    const bool stuck = result->bytes_read == 0 && result->bytes_written == 0;
    begin_ += result->bytes_read;
    needs_output_ = result->need_more_output;
    if (decompressor_->IsFinished()) {
      between_ = true;
      needs_output_ = false;
    } else if (stuck && begin_ < end_) {
      return Corrupt("is damaged");
    } else if (stuck) {
      needs_output_ = false;
    }
    return result->bytes_written;
  }

  // False: nothing but zeros follows, with which tapes and block devices fill up.
  arrow::Result<bool> BeginMember() {
    if (is_first_) {
      is_first_ = false;
    } else {
      if (input_[static_cast<size_t>(begin_)] == 0) {
        ARROW_RETURN_NOT_OK(SkipZeros());
        return false;
      }
      ARROW_RETURN_NOT_OK(decompressor_->Reset());
    }
    between_ = false;
    return true;
  }

  arrow::Status SkipZeros() {
    while (begin_ < end_) {
      const auto* const first = input_.data() + begin_;
      const auto* const last = input_.data() + end_;
      if (std::any_of(first, last, [](uint8_t byte) { return byte != 0; })) {
        return Corrupt("has other bytes behind the compressed data");
      }
      ARROW_RETURN_NOT_OK(Fill());
    }
    return arrow::Status::OK();
  }

  arrow::Status Corrupt(const std::string& what) const {
    return base::MakeError(base::ErrorKind::kCorrupt,
                           "the " + std::string(name_) + " stream " + what);
  }

  const std::string_view name_;
  const std::unique_ptr<arrow::util::Codec> codec_;
  const std::shared_ptr<arrow::util::Decompressor> decompressor_;
  const std::unique_ptr<ByteSource> stored_;
  std::vector<uint8_t> input_;
  int64_t begin_ = 0;
  int64_t end_ = 0;
  // Before a member: the end of the stream may come.
  bool between_ = true;
  bool is_first_ = true;
  // The decompressor holds output that had no room.
  bool needs_output_ = false;
};

class Stream final : public ByteSource {
 public:
  explicit Stream(std::shared_ptr<arrow::io::InputStream> stream) : stream_(std::move(stream)) {}
  arrow::Result<int64_t> Read(int64_t bytes, uint8_t* out) override {
    return stream_->Read(bytes, out);
  }

 private:
  const std::shared_ptr<arrow::io::InputStream> stream_;
};

}  // namespace

std::unique_ptr<ByteSource> StreamSource(std::shared_ptr<arrow::io::InputStream> stream) {
  return std::make_unique<Stream>(std::move(stream));
}

arrow::Result<Compression> FindCompression(std::string_view first_bytes, CompressionChoice choice) {
  if (choice != CompressionChoice::kAuto) return Chosen(choice);
  for (const Signature& signature : kSignatures) {
    if (first_bytes.starts_with(signature.bytes)) return signature.compression;
  }
  for (const Stranger& stranger : kStrangers) {
    if (!first_bytes.starts_with(stranger.bytes)) continue;
    return base::MakeError(base::ErrorKind::kUnsupported,
                           "not text but " + std::string(stranger.name) +
                               ", by its first bytes. Text may be plain or compressed with gzip, "
                               "zstd, bzip2 or lz4");
  }
  return Compression::kNone;
}

std::string_view WithoutCompressionEnding(std::string_view key) {
  for (const std::string_view ending : kEndings) {
    if (key.size() <= ending.size()) continue;
    const std::string_view rest = key.substr(0, key.size() - ending.size());
    if (base::EqualsIgnoringAsciiCase(key.substr(rest.size()), ending)) return rest;
  }
  return key;
}

arrow::Result<std::unique_ptr<ByteSource>> Decompressed(Compression compression,
                                                        std::unique_ptr<ByteSource> stored) {
  if (compression == Compression::kNone) return stored;
  ARROW_ASSIGN_OR_RAISE(auto codec, arrow::util::Codec::Create(ArrowType(compression)));
  ARROW_ASSIGN_OR_RAISE(auto decompressor, codec->MakeDecompressor());
  return std::make_unique<DecompressedSource>(compression, std::move(codec),
                                              std::move(decompressor), std::move(stored));
}

}  // namespace formats
