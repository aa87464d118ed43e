// What the layouts of all formats of text have in common.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "formats/format.h"
#include "formats/text/text_divider.h"
#include "formats/text/text_object.h"
#include "formats/text/text_options.h"

namespace formats {

/// An object of text is one scan task, which is read in parts.
class TextLayout : public ObjectLayout {
 public:
  TextLayout(const TextPlace& place, bool has_rows) : place_(place), has_rows_(has_rows) {}

  const std::vector<std::string>& warnings() const override { return warnings_; }
  int tasks() const override { return has_rows_ ? 1 : 0; }
  ScanTask task(int) const override { return TextTask(place_); }
  ScanTask all_tasks() const override { return TextTask(place_); }
  /// All parts one after the other.
  arrow::Result<std::unique_ptr<RowReader>> Open(int task,
                                                 std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                 const ScanOptions& options) const override;

 protected:
  const TextPlace& place() const { return place_; }

 private:
  const TextPlace place_;
  const bool has_rows_;
  const std::vector<std::string> warnings_;
};

/// Finds layouts in samples. Thread-safe.
class TextFinder : public LayoutFinder {
 public:
  /// Must outlive it.
  explicit TextFinder(const TextOptions& options) : options_(options) {}

  arrow::Result<FoundLayout> Find(std::string_view key, int64_t object_bytes, int64_t whole_bytes,
                                  const ReadBytes& read) override;
  int64_t DecodeBytes(int64_t object_bytes) const override {
    return TextDecodeBytes(object_bytes, /*compressed=*/true);
  }

 protected:
  struct Object {
    std::string_view key;
    TextPlace place;
    TextSample sample;
    const ReadBytes& read;
    /// Bytes from the start of the object that were read.
    std::shared_ptr<arrow::Buffer> head;
  };

  /// The layout of an object whose beginning is there; null: the sample is too short to tell.
  /// Called by several threads at a time.
  virtual arrow::Result<std::shared_ptr<const ObjectLayout>> Understand(Object& object) = 0;

  /// The text at the end of an object, without what its sample has; empty where it cannot be
  /// reached, since it is compressed, or in another encoding than UTF-8.
  static arrow::Result<TextSample> Tail(const Object& object);

  /// Calls `take` with all blocks of whole records of an object, one after the other.
  static arrow::Status ForEachBlock(const Object& object, FindRecords find,
                                    const std::function<void(TextBlock&)>& take);

 private:
  const TextOptions& options_;
};

}  // namespace formats
