// Columns of Arrow from values of JSON.
#pragma once

#include <simdjson.h>

#include <memory>

#include "arrow/array/builder_base.h"
#include "arrow/memory_pool.h"
#include "arrow/result.h"
#include "formats/jsonl/json_value.h"

namespace formats {

/// What became of a value.
enum class Appended : uint8_t { kFits, kDoesNotFit };

/// Builds a column, or a part of one. Not thread-safe.
class JsonColumn {
 public:
  virtual ~JsonColumn() = default;

  /// Where a part of the value does not fit, a null stands in its place. An error is that of an
  /// allocation; `fault` is set where the text is not valid JSON.
  virtual arrow::Result<Appended> Append(simdjson::ondemand::value value, JsonFault* fault) = 0;
  virtual arrow::Status AppendNull() = 0;
  virtual arrow::ArrayBuilder& builder() = 0;
};

/// For a field of bool, int64, double, date32, timestamp, utf8 (any value, as its text), JSON text,
/// and structs and lists of these.
[[nodiscard]] arrow::Result<std::unique_ptr<JsonColumn>> MakeJsonColumn(const arrow::Field& field,
                                                                        arrow::MemoryPool* pool);

/// The text of any value: that of a string, else its JSON.
simdjson::error_code TextOfValue(simdjson::ondemand::value value, std::string_view* text);

}  // namespace formats
