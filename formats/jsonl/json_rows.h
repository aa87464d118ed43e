// Rows of a table from the objects of JSON Lines.
#pragma once

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "formats/format.h"
#include "formats/jsonl/json_column.h"

namespace formats {

/// Builds rows. Not thread-safe.
class JsonRows {
 public:
  [[nodiscard]] static arrow::Result<std::unique_ptr<JsonRows>> Make(
      std::shared_ptr<arrow::Schema> schema, bool flatten, arrow::MemoryPool* pool);

  /// Adds a row; kTextPadding readable bytes follow the line. Where there is a fault, the row's
  /// values mean nothing.
  [[nodiscard]] arrow::Result<JsonFault> Add(std::string_view line);

  struct Built {
    std::shared_ptr<arrow::RecordBatch> rows;
    std::vector<Misfits> misfits;
  };
  /// All rows that were added; no more can be.
  [[nodiscard]] arrow::Result<Built> Finish();

 private:
  struct Misfit {
    int64_t row;
    std::string text;
  };
  JsonRows(std::shared_ptr<arrow::Schema> schema, bool flatten, arrow::MemoryPool* pool)
      : schema_(std::move(schema)),
        flatten_(flatten),
        pool_(pool),
        misfits_(schema_->num_fields()) {}

  arrow::Status AddFields(simdjson::ondemand::object object, const std::string& prefix,
                          JsonFault* fault);
  arrow::Status AddField(std::string_view name, simdjson::ondemand::value value, JsonFault* fault);
  void AddMisfits(std::string_view line, JsonFault* fault);
  int ColumnOf(std::string_view name);

  const std::shared_ptr<arrow::Schema> schema_;
  const bool flatten_;
  arrow::MemoryPool* const pool_;
  simdjson::ondemand::parser parser_;
  std::vector<std::unique_ptr<JsonColumn>> columns_;
  std::unordered_map<std::string, int> index_;
  // Where the next key is expected to be.
  int next_ = 0;
  int64_t rows_ = 0;
  // Columns whose value of this row does not fit.
  std::vector<int> unfit_;
  // For each column.
  std::vector<std::vector<Misfit>> misfits_;
};

}  // namespace formats
