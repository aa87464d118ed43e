#include "formats/csv/csv_format.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "formats/csv/csv_block_reader.h"
#include "formats/csv/csv_head.h"
#include "formats/text/learnt_types.h"
#include "formats/text/text_endings.h"
#include "formats/text/text_finder.h"

namespace formats {
namespace {

class CsvLayout final : public TextLayout {
 public:
  CsvLayout(const TextPlace& place, bool has_rows, CsvHead head,
            std::shared_ptr<const LearntTypes> types, const TextOptions& options)
      : TextLayout(place, has_rows),
        head_(std::move(head)),
        types_(std::move(types)),
        schema_(types_->SchemaOf(head_.columns)),
        options_(options) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  int64_t memory_bytes() const override {
    constexpr int64_t kColumnBytes = 500;
    return static_cast<int64_t>(head_.columns.size() + 4) * kColumnBytes;
  }

  arrow::Result<std::unique_ptr<TaskDivider>> Divide(
      int task, std::shared_ptr<arrow::io::RandomAccessFile> file,
      const ScanOptions& options) const override {
    auto table = std::make_shared<CsvTable>(CsvTable{head_.dialect, types_->SchemaOf(head_.columns),
                                                     NullTexts(options_.csv.null_values),
                                                     options_.on_malformed_row});
    ARROW_ASSIGN_OR_RAISE(auto text, OpenText(place(), StoredBytes(place(), file, options)));
    TextBlocks blocks(
        std::move(text),
        [table](char* bytes, size_t size, bool is_end) {
          return WholeRecords(bytes, size, is_end, table->dialect);
        },
        place().skipped_lines, TextBlockBytes(options), MaxRecordBytes(options));
    return DivideText(std::move(blocks), [table, pool = options.pool](TextBlock block) {
      return ReadCsvBlock(table, std::move(block), pool);
    });
  }

 private:
  const CsvHead head_;
  const std::shared_ptr<const LearntTypes> types_;
  const std::shared_ptr<arrow::Schema> schema_;
  const TextOptions& options_;
};

// What the rows of a text tell about its columns.
class CsvGuesser {
 public:
  CsvGuesser(const CsvHead& head, const NullTexts& nulls)
      : head_(head), nulls_(nulls), guesses_(head.columns.size()) {}

  /// Whole records. Its bytes are changed.
  void Add(char* text, size_t size) {
    CsvScanner scanner(text, size, /*is_end=*/true, head_.dialect);
    for (size_t at = 0; at < size;) {
      cells_.clear();
      const CsvRecord record = scanner.Scan(at, &cells_);
      at = record.end;
      if (record.kind != CsvRecord::Kind::kRow) continue;
      has_rows_ = true;
      if (record.fault != CsvFault::kNone || cells_.size() != guesses_.size()) {
        ++malformed_;
        continue;
      }
      for (size_t i = 0; i < cells_.size(); ++i) {
        const std::string_view value(text + cells_[i].offset, cells_[i].length);
        if (cells_[i].quoted == 0 && nulls_.Has(value)) continue;
        guesses_[i].AddText(value);
      }
    }
  }

  const std::vector<TypeGuess>& guesses() const { return guesses_; }
  bool has_rows() const { return has_rows_; }
  int64_t malformed() const { return malformed_; }

 private:
  const CsvHead& head_;
  const NullTexts& nulls_;
  std::vector<TypeGuess> guesses_;
  std::vector<CsvCell> cells_;
  bool has_rows_ = false;
  int64_t malformed_ = 0;
};

class CsvFinder final : public TextFinder {
 public:
  explicit CsvFinder(const TextOptions& options)
      : TextFinder(options), options_(options), nulls_(options.csv.null_values) {}

  void Settle(const KnownColumns& known) override { types_->Settle(known); }
  std::shared_ptr<arrow::Schema> Settled(std::string_view,
                                         std::shared_ptr<arrow::Schema> schema) const override {
    return types_->SchemaOf(schema->field_names());
  }

 private:
  arrow::Result<std::shared_ptr<const ObjectLayout>> Understand(Object& object) override {
    const std::string_view name = WithoutCompressionEnding(object.key);
    ARROW_ASSIGN_OR_RAISE(CsvHead head, FindCsvHead(name, &object.sample, options_.csv));
    if (head.incomplete) return nullptr;
    object.place.skipped_bytes = static_cast<int64_t>(head.rows_begin);
    object.place.skipped_lines = head.lines_before;
    bool has_rows = !object.sample.is_all || head.rows_begin < object.sample.size;
    if (options_.infer == Inference::kText || types_->is_settled()) {
      types_->Learn(head.columns, AllText(head.columns.size()));
    } else {
      ARROW_RETURN_NOT_OK(Learn(object, head, &has_rows));
    }
    return std::make_shared<CsvLayout>(object.place, has_rows, std::move(head), types_, options_);
  }

  static std::vector<TypeGuess> AllText(size_t columns) {
    TypeGuess text;
    text.AddText("text");
    return std::vector<TypeGuess>(columns, text);
  }

  arrow::Status Learn(Object& object, const CsvHead& head, bool* has_rows) {
    CsvGuesser guesser(head, nulls_);
    if (options_.infer == Inference::kFull && !object.sample.is_all) {
      ARROW_RETURN_NOT_OK(ReadAll(object, head, &guesser));
    } else {
      char* const text = object.sample.text.data() + head.rows_begin;
      const size_t size = object.sample.size - head.rows_begin;
      const CsvExtent extent = WholeRecords(text, size, object.sample.is_all, head.dialect);
      // What follows the records must not be taken for their end.
      std::string rows(text, extent.bytes);
      rows.resize(extent.bytes + kTextPadding);
      guesser.Add(rows.data(), extent.bytes);
      if (object.sample.is_all) *has_rows = guesser.has_rows();
      ARROW_RETURN_NOT_OK(AddTail(object, head, &guesser));
    }
    types_->Learn(head.columns, guesser.guesses());
    return arrow::Status::OK();
  }

  arrow::Status ReadAll(const Object& object, const CsvHead& head, CsvGuesser* guesser) {
    return ForEachBlock(
        object,
        [&head](char* bytes, size_t size, bool is_end) {
          return WholeRecords(bytes, size, is_end, head.dialect);
        },
        [guesser](TextBlock& block) {
          guesser->Add(block.data(), static_cast<size_t>(block.bytes));
        });
  }

  // The rows at the end of the object. Where its first whole line begins within quotes, which only
  // all that is before it could tell, its rows most likely do not have as many values as the
  // header.
  arrow::Status AddTail(const Object& object, const CsvHead& head, CsvGuesser* guesser) {
    ARROW_ASSIGN_OR_RAISE(TextSample tail, Tail(object));
    const std::string_view text(tail.text.data(), tail.size);
    const size_t begin = text.find(head.dialect.line_end);
    if (begin == std::string_view::npos) return arrow::Status::OK();
    CsvGuesser probe(head, nulls_);
    std::string copy(tail.text.substr(begin + 1));
    probe.Add(copy.data(), tail.size - begin - 1);
    if (probe.malformed() > 0) return arrow::Status::OK();
    guesser->Add(tail.text.data() + begin + 1, tail.size - begin - 1);
    return arrow::Status::OK();
  }

  const TextOptions& options_;
  const NullTexts nulls_;
  const std::shared_ptr<LearntTypes> types_ = std::make_shared<LearntTypes>();
};

class Csv final : public Format {
 public:
  explicit Csv(const TextOptions& options) : options_(options) {}
  std::string_view name() const override { return "csv"; }
  std::string_view ending() const override { return ".csv"; }
  bool Owns(std::string_view key) const override { return HasTextEnding(key, {".csv", ".tsv"}); }
  std::unique_ptr<LayoutFinder> MakeLayoutFinder() const override {
    return std::make_unique<CsvFinder>(options_);
  }

 private:
  const TextOptions options_;
};

}  // namespace

std::shared_ptr<const Format> CsvFormat(const TextOptions& options) {
  return std::make_shared<Csv>(options);
}

}  // namespace formats
