#include "cloudquery/state/rows.h"

#include <utility>

#include "arrow/array/array_binary.h"
#include "arrow/array/array_primitive.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/buffer.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "base/error.h"

namespace cloudquery {
namespace {

using base::ErrorKind;
using TextAt = std::function<std::string_view(int64_t)>;
using NumberAt = std::function<uint64_t(int64_t)>;

template <typename ArrayType>
TextAt TextIn(const arrow::Array& array) {
  return [&texts = static_cast<const ArrayType&>(array)](int64_t row) {
    return texts.IsNull(row) ? std::string_view() : std::string_view(texts.GetView(row));
  };
}

template <typename ArrayType>
NumberAt NumbersIn(const arrow::Array& array) {
  return [&numbers = static_cast<const ArrayType&>(array)](int64_t row) {
    return numbers.IsNull(row) ? uint64_t{0} : static_cast<uint64_t>(numbers.Value(row));
  };
}

arrow::Status WrongType(const char* column, const arrow::Array& array) {
  return base::MakeError(ErrorKind::kCorrupt, "column \"" + std::string(column) +
                                                  "\" has the type " + array.type()->ToString());
}

arrow::Result<TextAt> TextColumn(const char* column, const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
      return TextIn<arrow::StringArray>(array);
    case arrow::Type::LARGE_STRING:
      return TextIn<arrow::LargeStringArray>(array);
    case arrow::Type::STRING_VIEW:
      return TextIn<arrow::StringViewArray>(array);
    default:
      return WrongType(column, array);
  }
}

arrow::Result<NumberAt> NumberColumn(const char* column, const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::UINT64:
      return NumbersIn<arrow::UInt64Array>(array);
    case arrow::Type::INT64:
      return NumbersIn<arrow::Int64Array>(array);
    default:
      return WrongType(column, array);
  }
}

arrow::Status VisitBatch(const arrow::RecordBatch& batch, const StateRowVisitor& visit) {
  if (batch.num_columns() < 3) {
    return base::MakeError(ErrorKind::kCorrupt, "it has " + std::to_string(batch.num_columns()) +
                                                    " columns, not key, value and version");
  }
  ARROW_RETURN_NOT_OK(batch.ValidateFull());
  ARROW_ASSIGN_OR_RAISE(const TextAt keys, TextColumn("key", *batch.column(0)));
  ARROW_ASSIGN_OR_RAISE(const TextAt values, TextColumn("value", *batch.column(1)));
  ARROW_ASSIGN_OR_RAISE(const NumberAt versions, NumberColumn("version", *batch.column(2)));
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    visit({.key = std::string(keys(row)),
           .value = std::string(values(row)),
           .version = versions(row)});
  }
  return arrow::Status::OK();
}

}  // namespace

Table StateTable(const std::string& name) {
  return {.name = name,
          .description = "State that one sync keeps for the next",
          .columns = {{.field = arrow::field("key", arrow::utf8()), .primary_key = true},
                      {.field = arrow::field("value", arrow::utf8())},
                      {.field = arrow::field("version", arrow::uint64())}}};
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> EncodeStateRows(
    const std::vector<StateRow>& rows, const std::shared_ptr<arrow::Schema>& schema) {
  arrow::StringBuilder keys, values;
  arrow::UInt64Builder versions;
  for (const StateRow& row : rows) {
    ARROW_RETURN_NOT_OK(keys.Append(row.key));
    ARROW_RETURN_NOT_OK(values.Append(row.value));
    ARROW_RETURN_NOT_OK(versions.Append(row.version));
  }
  arrow::ArrayVector columns(3);
  ARROW_RETURN_NOT_OK(keys.Finish(columns.data()));
  ARROW_RETURN_NOT_OK(values.Finish(&columns[1]));
  ARROW_RETURN_NOT_OK(versions.Finish(&columns[2]));
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(rows.size()), std::move(columns));
}

arrow::Status VisitStateRows(std::string_view record, const StateRowVisitor& visit) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  const auto stream = std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(
      reinterpret_cast<const uint8_t*>(record.data()), static_cast<int64_t>(record.size())));
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        arrow::ipc::RecordBatchStreamReader::Open(stream, options));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
    if (batch == nullptr) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(VisitBatch(*batch, visit));
  }
}

}  // namespace cloudquery
