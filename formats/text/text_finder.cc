#include "formats/text/text_finder.h"

#include <algorithm>
#include <utility>

#include "arrow/buffer.h"
#include "base/error.h"
#include "formats/text/byte_masks.h"

namespace formats {
namespace {

// At either end of an object.
constexpr int64_t kSampleBytes = int64_t{64} << 10;
// Text that this much is decompressed to at most.
constexpr int64_t kMaxSampleText = int64_t{1} << 20;
// A header, or a first row, that is longer is none.
constexpr int64_t kMaxHeadBytes = int64_t{32} << 20;
// The longest record that all of an object is looked at for.
constexpr int64_t kMaxInferredRecord = int64_t{64} << 20;

class AllParts final : public RowReader {
 public:
  explicit AllParts(std::unique_ptr<TaskDivider> divider) : divider_(std::move(divider)) {}

  arrow::Result<RowBatch> Next() override {
    for (;;) {
      if (reader_ == nullptr) {
        ARROW_ASSIGN_OR_RAISE(TaskPart part, divider_->Next());
        reader_ = std::move(part.reader);
        if (reader_ == nullptr) return RowBatch{.skipped = std::exchange(skipped_, {})};
      }
      ARROW_ASSIGN_OR_RAISE(RowBatch batch, reader_->Next());
      if (batch.rows != nullptr) return batch;
      skipped_.Add(batch.skipped);
      reader_ = nullptr;
    }
  }

 private:
  const std::unique_ptr<TaskDivider> divider_;
  std::unique_ptr<RowReader> reader_;
  SkippedRows skipped_;
};

std::string_view ViewOf(const arrow::Buffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), static_cast<size_t>(buffer.size())};
}

}  // namespace

arrow::Result<std::unique_ptr<RowReader>> TextLayout::Open(
    int task, std::shared_ptr<arrow::io::RandomAccessFile> file, const ScanOptions& options) const {
  ARROW_ASSIGN_OR_RAISE(auto divider, Divide(task, std::move(file), options));
  return std::make_unique<AllParts>(std::move(divider));
}

arrow::Result<FoundLayout> TextFinder::Find(std::string_view key, int64_t object_bytes,
                                            int64_t whole_bytes, const ReadBytes& read) {
  const bool whole = object_bytes <= whole_bytes;
  Object object{.key = key,
                .place = {.object_bytes = object_bytes, .encoding = options_.encoding},
                .read = read};
  int64_t wanted = kSampleBytes;
  int64_t text_bytes = kMaxSampleText;
  for (;; wanted *= 4, text_bytes *= 4) {
    // The rest of a small object costs less than another request.
    const bool all = whole || object_bytes <= 2 * wanted;
    object.head = std::make_shared<arrow::Buffer>(nullptr, 0);
    if (object_bytes > 0) {
      ARROW_ASSIGN_OR_RAISE(object.head, read({0, all ? object_bytes : wanted}));
    }
    ARROW_ASSIGN_OR_RAISE(object.place.compression,
                          FindCompression(ViewOf(*object.head), options_.compression));
    // The middle of what is there for another reason is not looked at.
    const bool is_plain = object.place.compression == Compression::kNone;
    const int64_t looked_at = is_plain && object_bytes > 2 * wanted ? wanted : text_bytes;
    ARROW_ASSIGN_OR_RAISE(object.sample, SampleOf(*object.head, all, object.place.compression,
                                                  object.place.encoding, looked_at));
    ARROW_ASSIGN_OR_RAISE(auto layout, Understand(object));
    if (layout != nullptr) {
      return FoundLayout{.layout = std::move(layout),
                         .content = whole ? std::move(object.head) : nullptr};
    }
    // Where the text breaks off because it is damaged, there is no more to look at.
    const auto text_size = static_cast<int64_t>(object.sample.size);
    const bool ended = all && text_size < looked_at;
    if (ended || wanted > kMaxHeadBytes || text_bytes > kMaxHeadBytes) {
      return base::MakeError(base::ErrorKind::kCorrupt, "its first row does not end within " +
                                                            std::to_string(text_size) + " bytes");
    }
  }
}

arrow::Result<TextSample> TextFinder::Tail(const Object& object) {
  TextSample tail;
  const auto sample_end = static_cast<int64_t>(object.sample.size);
  tail.text.resize(kTextPadding);
  if (object.sample.is_all || object.place.compression != Compression::kNone ||
      object.place.encoding != Encoding::kUtf8 || object.place.object_bytes <= sample_end) {
    return tail;
  }
  const int64_t bytes = std::min(kSampleBytes, object.place.object_bytes - sample_end);
  const int64_t begin = object.place.object_bytes - bytes;
  std::shared_ptr<arrow::Buffer> stored;
  if (object.head->size() == object.place.object_bytes) {
    stored = arrow::SliceBuffer(object.head, begin, bytes);
  } else {
    ARROW_ASSIGN_OR_RAISE(stored, object.read({begin, bytes}));
  }
  tail.text = std::string(ViewOf(*stored));
  tail.size = tail.text.size();
  tail.text.resize(tail.size + kTextPadding);
  return tail;
}

arrow::Status TextFinder::ForEachBlock(const Object& object, FindRecords find,
                                       const std::function<void(TextBlock&)>& take) {
  ARROW_ASSIGN_OR_RAISE(auto text, OpenText(object.place, StoredBytes(object.place, object.read)));
  TextBlocks blocks(std::move(text), std::move(find), 0, TextBlockBytes({}), kMaxInferredRecord);
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(TextBlock block, blocks.Next());
    if (block.rows == 0) return arrow::Status::OK();
    take(block);
  }
}

}  // namespace formats
