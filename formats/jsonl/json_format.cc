#include "formats/jsonl/json_format.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "formats/jsonl/json_block_reader.h"
#include "formats/jsonl/json_records.h"
#include "formats/jsonl/json_value.h"
#include "formats/jsonl/learnt_json.h"
#include "formats/text/byte_masks.h"
#include "formats/text/text_endings.h"
#include "formats/text/text_finder.h"

namespace formats {
namespace {

// What divides a text into rows; keeps in mind where it is.
FindRecords RowsOf(bool is_array) {
  if (!is_array) {
    return [](char* text, size_t size, bool is_end) { return WholeLines(text, size, is_end); };
  }
  return [items = std::make_shared<JsonArrayItems>()](char* text, size_t size, bool is_end) {
    return items->Find(text, size, is_end);
  };
}

class JsonLayout final : public TextLayout {
 public:
  JsonLayout(const TextPlace& place, bool has_rows, bool is_array, std::vector<std::string> names,
             std::shared_ptr<const LearntJson> types, const TextOptions& options)
      : TextLayout(place, has_rows),
        is_array_(is_array),
        names_(std::move(names)),
        types_(std::move(types)),
        schema_(types_->SchemaOf(names_)),
        options_(options) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  int64_t memory_bytes() const override {
    constexpr int64_t kColumnBytes = 1000;
    return static_cast<int64_t>(names_.size() + 4) * kColumnBytes;
  }

  arrow::Result<std::unique_ptr<TaskDivider>> Divide(
      int task, std::shared_ptr<arrow::io::RandomAccessFile> file,
      const ScanOptions& options) const override {
    auto table =
        std::make_shared<JsonTable>(JsonTable{.schema = types_->SchemaOf(names_),
                                              .on_malformed_row = options_.on_malformed_row,
                                              .flatten = options_.flatten,
                                              .is_array = is_array_});
    ARROW_ASSIGN_OR_RAISE(auto text, OpenText(place(), StoredBytes(place(), file, options)));
    TextBlocks blocks(std::move(text), RowsOf(is_array_), 0, TextBlockBytes(options),
                      MaxRecordBytes(options));
    return DivideText(std::move(blocks), [table, pool = options.pool](TextBlock block) {
      return ReadJsonBlock(table, std::move(block), pool);
    });
  }

 private:
  const bool is_array_;
  const std::vector<std::string> names_;
  const std::shared_ptr<const LearntJson> types_;
  const std::shared_ptr<arrow::Schema> schema_;
  const TextOptions& options_;
};

// What the lines of a text tell about its columns. Lines that are not valid tell nothing: they are
// reported when they are read.
class JsonGuesser {
 public:
  explicit JsonGuesser(const TextOptions& options) : options_(options) {}

  /// Whole lines, with kTextPadding bytes behind them.
  void Add(const char* text, size_t size) {
    for (size_t at = 0; at < size;) {
      const void* found = std::memchr(text + at, '\n', size - at);
      const size_t end =
          found == nullptr ? size : static_cast<size_t>(static_cast<const char*>(found) - text);
      const std::string_view line(text + at, end - at);
      if (!IsBlank(line)) AddLine(line);
      at = end + 1;
    }
  }

  const JsonColumns& columns() const { return columns_; }
  bool has_rows() const { return has_rows_; }

 private:
  void AddLine(std::string_view line) {
    has_rows_ = true;
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    if (parser_.iterate(line.data(), line.size(), line.size() + kTextPadding).get(document)) return;
    if (document.get_object().get(object)) return;
    JsonColumns own;
    if (AddFields(object, "", &own) || !IsAtEnd(document)) return;
    columns_.Merge(own);
  }

  JsonFault AddFields(simdjson::ondemand::object object, const std::string& prefix,
                      JsonColumns* own) {
    for (auto field : object) {
      std::string_view key;
      simdjson::ondemand::value value;
      if (const auto error = field.unescaped_key().get(key)) return FaultOf(error);
      if (const auto error = field.value().get(value)) return FaultOf(error);
      const std::string name = prefix.empty() ? std::string(key) : prefix + "_" + std::string(key);
      simdjson::ondemand::json_type type;
      if (const auto error = value.type().get(type)) return FaultOf(error);
      if (options_.flatten && type == simdjson::ondemand::json_type::object) {
        simdjson::ondemand::object nested;
        if (const auto error = value.get_object().get(nested)) return FaultOf(error);
        if (auto fault = AddFields(nested, name, own)) return fault;
        continue;
      }
      if (auto fault = GuessValue(value, 1, own->Find(name))) return fault;
    }
    return {};
  }

  const TextOptions& options_;
  simdjson::ondemand::parser parser_;
  JsonColumns columns_;
  bool has_rows_ = false;
};

class JsonFinder final : public TextFinder {
 public:
  explicit JsonFinder(const TextOptions& options)
      : TextFinder(options),
        options_(options),
        types_(std::make_shared<LearntJson>(options.infer == Inference::kText)) {}

  void Settle(const KnownColumns& known) override { types_->Settle(known); }
  std::shared_ptr<arrow::Schema> Settled(std::string_view,
                                         std::shared_ptr<arrow::Schema> schema) const override {
    return types_->SchemaOf(schema->field_names());
  }

 private:
  arrow::Result<std::shared_ptr<const ObjectLayout>> Understand(Object& object) override {
    const std::string_view text(object.sample.text.data(), object.sample.size);
    if (IsBlank(text) && !object.sample.is_all) return nullptr;
    const bool is_array = IsJsonArray(text);
    const char first = is_array ? '[' : FirstCharacter(text);
    if (first != '[' && first != '{' && first != '\0') {
      return base::MakeError(base::ErrorKind::kCorrupt,
                             "not JSON Lines: its first line is not a JSON object");
    }
    JsonGuesser guesser(options_);
    if (options_.infer == Inference::kFull && !object.sample.is_all && !types_->is_settled()) {
      ARROW_RETURN_NOT_OK(ReadAll(object, is_array, &guesser));
    } else {
      auto rows =
          RowsOf(is_array)(object.sample.text.data(), object.sample.size, object.sample.is_all);
      // What is wrong at the end is reported when it is read.
      const size_t bytes = rows.ok() ? rows->bytes : object.sample.size;
      if (rows.ok() && rows->rows == 0 && !object.sample.is_all) return nullptr;
      // The rows only: simdjson looks at what follows.
      std::string lines(object.sample.text.data(), bytes);
      lines.resize(bytes + kTextPadding);
      guesser.Add(lines.data(), bytes);
      if (!is_array) ARROW_RETURN_NOT_OK(AddTail(object, &guesser));
    }
    types_->Learn(guesser.columns());
    const bool has_rows = !object.sample.is_all || guesser.has_rows();
    return std::make_shared<JsonLayout>(object.place, has_rows, is_array, guesser.columns().names(),
                                        types_, options_);
  }

  static char FirstCharacter(std::string_view text) {
    const size_t at = text.find_first_not_of(" \t\r\n");
    return at == std::string_view::npos ? '\0' : text[at];
  }

  static arrow::Status ReadAll(const Object& object, bool is_array, JsonGuesser* guesser) {
    return ForEachBlock(object, RowsOf(is_array), [guesser](TextBlock& block) {
      guesser->Add(block.data(), static_cast<size_t>(block.bytes));
    });
  }

  static arrow::Status AddTail(const Object& object, JsonGuesser* guesser) {
    ARROW_ASSIGN_OR_RAISE(const TextSample tail, Tail(object));
    const size_t begin = std::string_view(tail.text.data(), tail.size).find('\n');
    if (begin == std::string_view::npos) return arrow::Status::OK();
    guesser->Add(tail.text.data() + begin + 1, tail.size - begin - 1);
    return arrow::Status::OK();
  }

  const TextOptions& options_;
  const std::shared_ptr<LearntJson> types_;
};

class Json final : public Format {
 public:
  explicit Json(const TextOptions& options) : options_(options) {}
  std::string_view name() const override { return "jsonl"; }
  std::string_view ending() const override { return ".jsonl"; }
  bool Owns(std::string_view key) const override {
    return HasTextEnding(key, {".jsonl", ".ndjson", ".json"});
  }
  std::unique_ptr<LayoutFinder> MakeLayoutFinder() const override {
    return std::make_unique<JsonFinder>(options_);
  }

 private:
  const TextOptions options_;
};

}  // namespace

std::shared_ptr<const Format> JsonFormat(const TextOptions& options) {
  return std::make_shared<Json>(options);
}

}  // namespace formats
