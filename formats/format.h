// The seam between file formats and the rest of the program. A format says which keys are its own,
// finds the layout of an object, and reads the rows of each of its scan tasks. It knows neither S3
// nor CloudQuery: whoever uses it fetches the bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/io/interfaces.h"
#include "arrow/memory_pool.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "formats/text/text_options.h"

namespace formats {

/// A part of an object that is fetched and decoded in one go, such as a row group.
struct ScanTask {
  /// Every byte that the reader may ask for, in ranges that are worth a request each. Ascending,
  /// not overlapping.
  std::vector<arrow::io::ReadRange> ranges;
  /// Bytes of the object that hold its rows, for progress.
  int64_t stored_bytes = 0;
  /// Memory that decoding holds beside the fetched bytes and the batches, such as decompressed
  /// pages.
  int64_t decode_bytes = 0;
  /// Places of the object that the reader reads side by side, such as column chunks. Where the task
  /// is read through windows, each of them has its own.
  int streams = 1;
  /// Unset: known only once they have been read.
  std::optional<int64_t> rows;
};

struct ScanOptions {
  /// Decoded size that batches aim at.
  int64_t batch_bytes = int64_t{4} << 20;
  /// 0: all ranges of the task are in the file's memory. Else the file fetches, and each stream is
  /// read through windows of this size, two at a time.
  int64_t window_bytes = 0;
  /// Most memory that what is being decoded may take.
  int64_t memory_bytes = INT64_MAX;
  /// Must outlive the reader and its batches.
  arrow::MemoryPool* pool = arrow::default_memory_pool();
  /// Ends a step that takes long with kCancelled.
  std::stop_token stop;
};

/// Values of one column that do not fit its type. A reader that learns of them only while it reads,
/// as one of text does, gives null in their place and the values beside the rows. Whoever uses the
/// reader decides whether they make the object malformed or are kept elsewhere.
struct Misfits {
  /// Index of the column in the batch.
  int column = 0;
  /// The rows, as indices in the batch, in ascending order.
  std::vector<int64_t> rows;
  /// The value of each of these rows, none of them null, in the type that the object gives them:
  /// utf8 for fields of text, or whatever a batch may have.
  std::shared_ptr<arrow::Array> values;
};

/// Malformed rows that a reader was told to skip.
struct SkippedRows {
  int64_t count = 0;
  /// Of the first few.
  std::vector<int64_t> lines;

  void Add(int64_t line);
  void Add(const SkippedRows& more);
};

struct RowBatch {
  /// Null at the end.
  std::shared_ptr<arrow::RecordBatch> rows;
  /// Position of its first row within the object, from 0. A row has the same position in every
  /// read of the same content, however it is divided into batches.
  int64_t first_row = 0;
  /// At most one for each column. Empty where the object itself says what types its values have.
  std::vector<Misfits> misfits;
  /// Where a row of the batch is, if the object has a better word for it than its position:
  /// "line 17". Not set: it has none. Valid until the reader gives the next batch.
  std::function<std::string(int64_t row)> place_of;
  /// Since the last batch; also at the end.
  SkippedRows skipped;
};

/// The batch without its first `rows` rows; it has at least as many.
RowBatch WithoutFirst(int64_t rows, RowBatch batch);

/// Reads the rows of one scan task, in order. Not thread-safe; any number of readers may be used
/// side by side.
class RowReader {
 public:
  virtual ~RowReader() = default;
  /// kCorrupt, kUnsupported, kLimit, kCancelled; failures of the file come through unchanged.
  [[nodiscard]] virtual arrow::Result<RowBatch> Next() = 0;
};

/// Rows of a scan task that can be read on another thread than those before them.
struct TaskPart {
  /// Null at the end.
  std::unique_ptr<RowReader> reader;
  /// Position of its first row, and how many rows it has.
  int64_t first_row = 0;
  int64_t rows = 0;
};

/// Divides a scan task whose rows can be found only one after the other, as those of text can.
/// Every read of the same content is divided alike. Not thread-safe; its parts are independent of
/// it and of each other.
class TaskDivider {
 public:
  virtual ~TaskDivider() = default;
  /// The next part. Errors as for RowReader::Next.
  [[nodiscard]] virtual arrow::Result<TaskPart> Next() = 0;
};

/// What is known of an object before its rows are read. Immutable; thread-safe.
class ObjectLayout {
 public:
  virtual ~ObjectLayout() = default;

  /// Schema of all its batches.
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  /// A sentence on each thing in the object that is odd but does not hinder reading.
  virtual const std::vector<std::string>& warnings() const = 0;
  /// Rough size of this layout on the heap.
  virtual int64_t memory_bytes() const = 0;
  /// Number of scan tasks; 0 when the object has no rows.
  virtual int tasks() const = 0;
  /// `index` is in [0, tasks()).
  virtual ScanTask task(int index) const = 0;
  /// All tasks as one that is fetched together and decoded one after the other: what suits a small
  /// object. Its range is all of the object where that costs little more, so that a checksum of the
  /// whole can be verified.
  virtual ScanTask all_tasks() const = 0;

  /// `file` must serve the task's ranges and is let go by the reader. Its failures must carry a
  /// base::ErrorKind.
  [[nodiscard]] virtual arrow::Result<std::unique_ptr<RowReader>> Open(
      int task, std::shared_ptr<arrow::io::RandomAccessFile> file,
      const ScanOptions& options) const = 0;

  /// The task in parts, as for Open; null: it is read with Open. Up to kPartsAhead parts may be
  /// held at a time, which the task's decode_bytes allow for.
  [[nodiscard]] virtual arrow::Result<std::unique_ptr<TaskDivider>> Divide(
      int task, std::shared_ptr<arrow::io::RandomAccessFile> file,
      const ScanOptions& options) const {
    return nullptr;
  }
};

/// Parts of one task that may be held at a time, see ObjectLayout::Divide.
inline constexpr int kPartsAhead = 6;

/// Reads a range of the object in question.
using ReadBytes =
    std::function<arrow::Result<std::shared_ptr<arrow::Buffer>>(arrow::io::ReadRange range)>;

struct FoundLayout {
  std::shared_ptr<const ObjectLayout> layout;
  /// All of the object, if it was read whole; else null.
  std::shared_ptr<arrow::Buffer> content;
};

/// What is known of the columns of a table beside its objects.
struct KnownColumns {
  /// The columns that earlier syncs announced, one schema for each shard that did. Fields have the
  /// names that were read and the types that were sent.
  std::vector<std::shared_ptr<arrow::Schema>> announced;
  /// Columns, and fields inside them ("order.price"), that somebody else gives a type: their values
  /// are wanted as text, or as JSON. Names that are no column's mean nothing.
  std::vector<std::string> as_text;
  std::vector<std::string> as_json;
};

/// Finds the layouts of similar objects, those of one table; may learn from each. Thread-safe.
class LayoutFinder {
 public:
  virtual ~LayoutFinder() = default;

  /// To be called before any layout is found: what is wanted of the objects, by the names of
  /// ColumnSelection; none: everything. A format that can leave the rest unread does so, and its
  /// layouts do not have it. Others may give more than is wanted.
  virtual void Want(const std::vector<std::string>& columns) {}

  /// `key`: of the object, whose ending may tell how it is stored. An object of up to `whole_bytes`
  /// is read whole, with one request. kCorrupt: not an object of this format; kUnsupported; kLimit;
  /// and the errors of `read`.
  [[nodiscard]] virtual arrow::Result<FoundLayout> Find(std::string_view key, int64_t object_bytes,
                                                        int64_t whole_bytes,
                                                        const ReadBytes& read) = 0;

  /// To be called once, when the layouts of all objects that decide about the table's columns were
  /// found, and before any row is read. Formats whose objects do not say of what types their values
  /// are decide about these types here.
  virtual void Settle(const KnownColumns& known) {}

  /// What the schema of the layout of `key`, which was found before Settle, is after it.
  virtual std::shared_ptr<arrow::Schema> Settled(std::string_view key,
                                                 std::shared_ptr<arrow::Schema> schema) const {
    return schema;
  }

  /// Estimate of ScanTask::decode_bytes for all of an object whose layout is not known yet.
  virtual int64_t DecodeBytes(int64_t object_bytes) const = 0;
};

/// Stateless; thread-safe.
class Format {
 public:
  virtual ~Format() = default;
  /// As `filetype` names it.
  virtual std::string_view name() const = 0;
  /// Whether a key is that of an object of this format, by its ending.
  virtual bool Owns(std::string_view key) const = 0;
  /// The endings that keys must have, for messages: ".parquet".
  virtual std::string_view ending() const = 0;
  virtual std::unique_ptr<LayoutFinder> MakeLayoutFinder() const = 0;
};

/// The format that `filetype` names; null: there is none. "auto" goes by the ending of each key.
std::shared_ptr<const Format> FindFormat(std::string_view filetype,
                                         const TextOptions& options = {});

}  // namespace formats
