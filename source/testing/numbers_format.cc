#include "source/testing/numbers_format.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "arrow/array/builder_primitive.h"
#include "base/error.h"

namespace source {
namespace {

using arrow::io::ReadRange;

constexpr std::string_view kMagic = "NUM1";
constexpr int64_t kHeaderBytes = 8;
constexpr int64_t kValueBytes = sizeof(int32_t);

class NumbersReader final : public formats::RowReader {
 public:
  NumbersReader(std::shared_ptr<arrow::Schema> schema, ReadRange range,
                std::shared_ptr<arrow::io::RandomAccessFile> file,
                const formats::ScanOptions& options)
      : schema_(std::move(schema)), range_(range), file_(std::move(file)), options_(options) {}

  arrow::Result<formats::RowBatch> Next() override {
    if (options_.stop.stop_requested()) return base::Cancelled();
    formats::RowBatch batch{.first_row = (range_.offset - kHeaderBytes) / kValueBytes};
    if (range_.length == 0) return batch;
    // A value takes twice as much decoded as stored.
    const int64_t bytes =
        std::min(range_.length, options_.batch_bytes / 2 / kValueBytes * kValueBytes);
    ARROW_ASSIGN_OR_RAISE(const auto values, file_->ReadAt(range_.offset, bytes));
    arrow::Int64Builder builder(options_.pool);
    for (int64_t at = 0; at < values->size(); at += kValueBytes) {
      int32_t value = 0;
      std::memcpy(&value, values->data() + at, kValueBytes);
      if (value < 0) return base::MakeError(base::ErrorKind::kCorrupt, "a negative value");
      ARROW_RETURN_NOT_OK(builder.Append(value));
    }
    range_ = {range_.offset + bytes, range_.length - bytes};
    ARROW_ASSIGN_OR_RAISE(auto array, builder.Finish());
    batch.rows = arrow::RecordBatch::Make(schema_, array->length(), {array});
    return batch;
  }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  ReadRange range_;
  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const formats::ScanOptions options_;
};

class NumbersLayout final : public formats::ObjectLayout {
 public:
  NumbersLayout(int64_t object_bytes, int64_t task_bytes)
      : object_bytes_(object_bytes), task_bytes_(task_bytes) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  const std::vector<std::string>& warnings() const override { return warnings_; }
  int64_t memory_bytes() const override { return int64_t{64} << 10; }
  int tasks() const override {
    return static_cast<int>((object_bytes_ - kHeaderBytes + task_bytes_ - 1) / task_bytes_);
  }
  formats::ScanTask task(int index) const override {
    const ReadRange range = RangeOf(index);
    return {.ranges = {range}, .stored_bytes = range.length};
  }
  formats::ScanTask all_tasks() const override {
    return {.ranges = {{0, object_bytes_}}, .stored_bytes = object_bytes_ - kHeaderBytes};
  }
  arrow::Result<std::unique_ptr<formats::RowReader>> Open(
      int task, std::shared_ptr<arrow::io::RandomAccessFile> file,
      const formats::ScanOptions& options) const override {
    return std::make_unique<NumbersReader>(schema_, RangeOf(task), std::move(file), options);
  }

 private:
  ReadRange RangeOf(int index) const {
    const int64_t offset = kHeaderBytes + index * task_bytes_;
    return {offset, std::min(task_bytes_, object_bytes_ - offset)};
  }

  const int64_t object_bytes_;
  const int64_t task_bytes_;
  const std::shared_ptr<arrow::Schema> schema_ = arrow::schema({arrow::field("n", arrow::int64())});
  const std::vector<std::string> warnings_;
};

class HeaderFinder final : public formats::LayoutFinder {
 public:
  arrow::Result<formats::FoundLayout> Find(std::string_view key, int64_t object_bytes,
                                           int64_t whole_bytes,
                                           const formats::ReadBytes& read) override {
    if (object_bytes < kHeaderBytes) return Corrupt();
    const bool whole = object_bytes <= whole_bytes;
    ARROW_ASSIGN_OR_RAISE(auto head, read({0, whole ? object_bytes : kHeaderBytes}));
    int32_t values_per_task = 0;
    std::memcpy(&values_per_task, head->data() + kMagic.size(), kValueBytes);
    if (std::memcmp(head->data(), kMagic.data(), kMagic.size()) != 0 || values_per_task <= 0) {
      return Corrupt();
    }
    return formats::FoundLayout{
        .layout = std::make_shared<NumbersLayout>(object_bytes, values_per_task * kValueBytes),
        .content = whole ? std::move(head) : nullptr};
  }
  // So much that none is read whole before its layout is known.
  int64_t DecodeBytes(int64_t object_bytes) const override { return 1000 * object_bytes; }

 private:
  static arrow::Status Corrupt() {
    return base::MakeError(base::ErrorKind::kCorrupt, "no header of numbers");
  }
};

class Numbers final : public formats::Format {
 public:
  std::string_view name() const override { return "numbers"; }
  std::string_view ending() const override { return ".numbers"; }
  bool Owns(std::string_view key) const override { return key.ends_with(ending()); }
  std::unique_ptr<formats::LayoutFinder> MakeLayoutFinder() const override {
    return std::make_unique<HeaderFinder>();
  }
};

void Append(int32_t value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

std::shared_ptr<const formats::Format> NumbersFormat() { return std::make_shared<Numbers>(); }

std::string NumbersOf(int32_t first, int32_t count, int32_t values_per_task) {
  std::string content(kMagic);
  Append(values_per_task, &content);
  for (int32_t i = 0; i < count; ++i) Append(first + i, &content);
  return content;
}

}  // namespace source
