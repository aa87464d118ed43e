#include "formats/text/text_column.h"

#include <algorithm>
#include <utility>

#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/array/builder_time.h"
#include "arrow/util/checked_cast.h"
#include "formats/text/parse_text.h"

namespace formats {
namespace {

using arrow::internal::checked_cast;

template <typename Builder, typename Parse>
arrow::Result<TextColumn> Build(const CellColumn& cells, Builder* builder, Parse parse) {
  ARROW_RETURN_NOT_OK(builder->Reserve(cells.rows));
  TextColumn column;
  for (int64_t row = 0; row < cells.rows; ++row) {
    if (cells.is_null(row)) {
      builder->UnsafeAppendNull();
    } else if (const auto value = parse(cells.at(row))) {
      builder->UnsafeAppend(*value);
    } else {
      column.misfits.rows.push_back(row);
      builder->UnsafeAppendNull();
    }
  }
  ARROW_ASSIGN_OR_RAISE(column.values, builder->Finish());
  return column;
}

arrow::Result<TextColumn> BuildTexts(const CellColumn& cells, arrow::MemoryPool* pool) {
  int64_t bytes = 0;
  for (int64_t row = 0; row < cells.rows; ++row)
    bytes += static_cast<int64_t>(cells.at(row).size());
  arrow::StringBuilder builder(pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(cells.rows));
  ARROW_RETURN_NOT_OK(builder.ReserveData(bytes));
  for (int64_t row = 0; row < cells.rows; ++row) {
    if (cells.is_null(row)) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(cells.at(row));
    }
  }
  TextColumn column;
  ARROW_ASSIGN_OR_RAISE(column.values, builder.Finish());
  return column;
}

arrow::Result<TextColumn> BuildValues(const CellColumn& cells, const arrow::DataType& type,
                                      arrow::MemoryPool* pool) {
  switch (type.id()) {
    case arrow::Type::BOOL: {
      arrow::BooleanBuilder builder(pool);
      return Build(cells, &builder, &ParseBoolText);
    }
    case arrow::Type::INT64: {
      arrow::Int64Builder builder(pool);
      return Build(cells, &builder, &ParseIntegerText);
    }
    case arrow::Type::DOUBLE: {
      arrow::DoubleBuilder builder(pool);
      return Build(cells, &builder, &ParseDoubleText);
    }
    case arrow::Type::DATE32: {
      arrow::Date32Builder builder(pool);
      return Build(cells, &builder, &ParseDateText);
    }
    case arrow::Type::TIMESTAMP: {
      const auto& timestamp = checked_cast<const arrow::TimestampType&>(type);
      arrow::TimestampBuilder builder(arrow::timestamp(timestamp.unit(), timestamp.timezone()),
                                      pool);
      return Build(cells, &builder,
                   [&](std::string_view text) { return ParseTimestampText(text, timestamp); });
    }
    default:
      return BuildTexts(cells, pool);
  }
}

}  // namespace

NullTexts::NullTexts(std::vector<std::string> texts) : texts_(std::move(texts)) {
  for (const std::string& text : texts_) {
    if (text.size() < 64) lengths_ |= uint64_t{1} << text.size();
  }
}

bool NullTexts::Find(std::string_view text) const {
  return std::ranges::find(texts_, text) != texts_.end();
}

arrow::Result<TextColumn> BuildColumn(const CellColumn& cells, const arrow::DataType& type,
                                      arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(TextColumn column, BuildValues(cells, type, pool));
  if (column.misfits.rows.empty()) return column;
  arrow::StringBuilder misfits(pool);
  for (const int64_t row : column.misfits.rows) {
    ARROW_RETURN_NOT_OK(misfits.Append(cells.at(row)));
  }
  ARROW_ASSIGN_OR_RAISE(column.misfits.values, misfits.Finish());
  return column;
}

}  // namespace formats
