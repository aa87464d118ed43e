#include "formats/text/text_object.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "arrow/io/memory.h"
#include "formats/chunk_stream.h"
#include "formats/text/byte_masks.h"
#include "formats/text/transcoded.h"

namespace formats {
namespace {

// A request is worth so many bytes.
constexpr int64_t kRequestBytes = int64_t{8} << 20;
constexpr int64_t kMinBlockBytes = int64_t{128} << 10;
constexpr int64_t kMaxBlockBytes = int64_t{1} << 20;
// Of the decompressor and its buffers; zstd has windows of up to 8 MiB.
constexpr int64_t kDecompressionBytes = int64_t{2} << 20;
// By how much text is compressed.
constexpr int64_t kUsualRatio = 10;
// A sample grows by this, since most are short.
constexpr int64_t kSampleStep = int64_t{64} << 10;
// Of memory_limit: a row is held as text, as a batch, as records, and while its buffer grows.
constexpr int64_t kRecordShare = 8;
// Offsets in a block have 32 bits.
constexpr int64_t kLongestRecord = int64_t{1} << 30;

// Requests of an object's bytes, one after the other.
class RequestedBytes final : public ByteSource {
 public:
  RequestedBytes(int64_t object_bytes, ReadBytes read)
      : object_bytes_(object_bytes), read_(std::move(read)) {}

  arrow::Result<int64_t> Read(int64_t bytes, uint8_t* out) override {
    if (used_ == held_) {
      held_ = std::min(kRequestBytes, object_bytes_ - at_);
      used_ = 0;
      if (held_ == 0) return 0;
      ARROW_ASSIGN_OR_RAISE(buffer_, read_({at_, held_}));
      at_ += held_;
    }
    const int64_t count = std::min(bytes, held_ - used_);
    std::memcpy(out, buffer_->data() + used_, static_cast<size_t>(count));
    used_ += count;
    return count;
  }

 private:
  const int64_t object_bytes_;
  const ReadBytes read_;
  std::shared_ptr<arrow::Buffer> buffer_;
  int64_t at_ = 0;
  int64_t held_ = 0;
  int64_t used_ = 0;
};

arrow::Status Skip(ByteSource& source, int64_t bytes) {
  std::vector<uint8_t> ignored(static_cast<size_t>(std::min(bytes, int64_t{64} << 10)));
  while (bytes > 0) {
    ARROW_ASSIGN_OR_RAISE(
        const int64_t got,
        source.Read(std::min(bytes, static_cast<int64_t>(ignored.size())), ignored.data()));
    if (got == 0) break;
    bytes -= got;
  }
  return arrow::Status::OK();
}

}  // namespace

std::unique_ptr<ByteSource> StoredBytes(const TextPlace& place,
                                        std::shared_ptr<arrow::io::RandomAccessFile> file,
                                        const ScanOptions& options) {
  return StreamSource(OpenChunk(std::move(file), {0, place.object_bytes}, options.window_bytes,
                                options.pool, kNoLimit, options.stop));
}

std::unique_ptr<ByteSource> StoredBytes(const TextPlace& place, ReadBytes read) {
  return std::make_unique<RequestedBytes>(place.object_bytes, std::move(read));
}

arrow::Result<std::unique_ptr<ByteSource>> OpenText(const TextPlace& place,
                                                    std::unique_ptr<ByteSource> stored) {
  ARROW_ASSIGN_OR_RAISE(auto text, Decompressed(place.compression, std::move(stored)));
  ARROW_ASSIGN_OR_RAISE(text, InUtf8(place.encoding, std::move(text)));
  ARROW_RETURN_NOT_OK(Skip(*text, place.skipped_bytes));
  return text;
}

ScanTask TextTask(const TextPlace& place) {
  ScanTask task{
      .stored_bytes = place.object_bytes,
      .decode_bytes = TextDecodeBytes(place.object_bytes, place.compression != Compression::kNone)};
  for (int64_t at = 0; at < place.object_bytes; at += kRequestBytes) {
    task.ranges.push_back({at, std::min(kRequestBytes, place.object_bytes - at)});
  }
  return task;
}

int64_t TextDecodeBytes(int64_t object_bytes, bool compressed) {
  const int64_t text = object_bytes * (compressed ? kUsualRatio : 1);
  return std::min(kPartsAhead * kMaxBlockBytes + kDecompressionBytes, text + kMinBlockBytes);
}

int64_t TextBlockBytes(const ScanOptions& options) {
  return std::clamp(options.batch_bytes / 4, kMinBlockBytes, kMaxBlockBytes);
}

int64_t MaxRecordBytes(const ScanOptions& options) {
  return std::min(options.memory_bytes / kRecordShare, kLongestRecord);
}

arrow::Result<TextSample> SampleOf(const arrow::Buffer& stored, bool stored_is_all,
                                   Compression compression, Encoding encoding, int64_t max_bytes) {
  auto bytes = StreamSource(std::make_shared<arrow::io::BufferReader>(
      std::make_shared<arrow::Buffer>(stored.data(), stored.size())));
  ARROW_ASSIGN_OR_RAISE(auto text, Decompressed(compression, std::move(bytes)));
  TextSample sample;
  auto utf8 = InUtf8(encoding, std::move(text));
  // What is cut off by taking only the first bytes is no fault of the object.
  sample.text.resize(kTextPadding);
  if (!utf8.ok() && !stored_is_all) return sample;
  ARROW_RETURN_NOT_OK(utf8.status());
  while (static_cast<int64_t>(sample.size) < max_bytes) {
    const int64_t step = std::min(kSampleStep, max_bytes - static_cast<int64_t>(sample.size));
    sample.text.resize(sample.size + static_cast<size_t>(step));
    const auto got =
        (*utf8)->Read(step, reinterpret_cast<uint8_t*>(sample.text.data()) + sample.size);
    if (!got.ok() && (!stored_is_all || sample.size > 0)) break;
    ARROW_RETURN_NOT_OK(got.status());
    if (*got == 0) {
      sample.is_all = stored_is_all;
      break;
    }
    sample.size += static_cast<size_t>(*got);
  }
  sample.text.resize(sample.size + kTextPadding);
  std::fill_n(sample.text.begin() + static_cast<std::ptrdiff_t>(sample.size), kTextPadding, '\0');
  return sample;
}

}  // namespace formats
