#include "formats/jsonl/json_rows.h"

#include <utility>

#include "arrow/array/builder_binary.h"
#include "arrow/array/util.h"
#include "arrow/util/bit_util.h"
#include "arrow/util/bitmap_ops.h"
#include "base/text.h"
#include "formats/text/byte_masks.h"

namespace formats {
namespace {

using simdjson::ondemand::json_type;

constexpr size_t kMaxKeyShown = 60;

// A column that has a null where a part of a value did not fit.
arrow::Result<std::shared_ptr<arrow::Array>> WithNulls(const arrow::Array& array,
                                                       const std::vector<int64_t>& rows,
                                                       arrow::MemoryPool* pool) {
  std::shared_ptr<arrow::Buffer> validity;
  if (array.null_bitmap_data() == nullptr) {
    ARROW_ASSIGN_OR_RAISE(validity, arrow::AllocateBitmap(array.length(), pool));
    arrow::bit_util::SetBitsTo(validity->mutable_data(), 0, array.length(), true);
  } else {
    ARROW_ASSIGN_OR_RAISE(validity, arrow::internal::CopyBitmap(pool, array.null_bitmap_data(),
                                                                array.offset(), array.length()));
  }
  for (const int64_t row : rows) arrow::bit_util::ClearBit(validity->mutable_data(), row);
  auto data = array.data()->Copy();
  data->buffers[0] = std::move(validity);
  data->null_count = arrow::kUnknownNullCount;
  return arrow::MakeArray(std::move(data));
}

// The value of a column; with `flatten`, the names of keys around it are before its own.
simdjson::error_code FindIn(simdjson::ondemand::object fields, const std::string& prefix,
                            std::string_view name, bool flatten, simdjson::ondemand::value* found) {
  for (auto field : fields) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    const std::string path = prefix + std::string(key);
    simdjson::ondemand::value inner;
    if (const auto error = field.value().get(inner)) return error;
    if (path == name) {
      *found = inner;
      return simdjson::SUCCESS;
    }
    simdjson::ondemand::object nested;
    if (!flatten || !name.starts_with(path + "_") || inner.get_object().get(nested)) continue;
    const auto error = FindIn(nested, path + "_", name, flatten, found);
    if (error != simdjson::NO_SUCH_FIELD) return error;
  }
  return simdjson::NO_SUCH_FIELD;
}

}  // namespace

arrow::Result<std::unique_ptr<JsonRows>> JsonRows::Make(std::shared_ptr<arrow::Schema> schema,
                                                        bool flatten, arrow::MemoryPool* pool) {
  std::unique_ptr<JsonRows> rows(new JsonRows(std::move(schema), flatten, pool));
  for (const auto& field : rows->schema_->fields()) {
    rows->index_.emplace(field->name(), static_cast<int>(rows->columns_.size()));
    ARROW_ASSIGN_OR_RAISE(rows->columns_.emplace_back(), MakeJsonColumn(*field, pool));
  }
  return rows;
}

int JsonRows::ColumnOf(std::string_view name) {
  const int count = schema_->num_fields();
  if (next_ < count && schema_->field(next_)->name() == name) return next_++;
  const auto found = index_.find(std::string(name));
  if (found == index_.end()) return -1;
  next_ = found->second + 1;
  return found->second;
}

arrow::Result<JsonFault> JsonRows::Add(std::string_view line) {
  JsonFault fault;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  next_ = 0;
  unfit_.clear();
  ++rows_;
  if (const auto error =
          parser_.iterate(line.data(), line.size(), line.size() + kTextPadding).get(document)) {
    fault = FaultOf(error);
  } else if (const auto no_object = document.get_object().get(object)) {
    fault = no_object == simdjson::INCORRECT_TYPE ? JsonFault{"it is not a JSON object"}
                                                  : FaultOf(no_object);
  } else {
    ARROW_RETURN_NOT_OK(AddFields(object, "", &fault));
    if (!fault && !IsAtEnd(document)) fault = {"there is text behind the object"};
  }
  for (const auto& column : columns_) {
    if (column->builder().length() < rows_) ARROW_RETURN_NOT_OK(column->AppendNull());
  }
  if (!fault && !unfit_.empty()) AddMisfits(line, &fault);
  return fault;
}

arrow::Status JsonRows::AddFields(simdjson::ondemand::object object, const std::string& prefix,
                                  JsonFault* fault) {
  for (auto field : object) {
    std::string_view key;
    simdjson::ondemand::value value;
    if (const auto error = field.unescaped_key().get(key)) {
      *fault = FaultOf(error);
    } else if (const auto no_value = field.value().get(value)) {
      *fault = FaultOf(no_value);
    } else if (prefix.empty()) {
      ARROW_RETURN_NOT_OK(AddField(key, value, fault));
    } else {
      ARROW_RETURN_NOT_OK(AddField(prefix + "_" + std::string(key), value, fault));
    }
    if (*fault) break;
  }
  return arrow::Status::OK();
}

arrow::Status JsonRows::AddField(std::string_view name, simdjson::ondemand::value value,
                                 JsonFault* fault) {
  const int column = ColumnOf(name);
  json_type type;
  if (const auto error = value.type().get(type)) {
    *fault = FaultOf(error);
    return arrow::Status::OK();
  }
  if (column < 0) {
    if (flatten_ && type == json_type::object) {
      simdjson::ondemand::object object;
      if (const auto error = value.get_object().get(object)) {
        *fault = FaultOf(error);
        return arrow::Status::OK();
      }
      return AddFields(object, std::string(name), fault);
    }
    // Without a value nothing is lost.
    if (type == json_type::null) return arrow::Status::OK();
    *fault = {"the key " + base::Quoted(base::Shortened(name, kMaxKeyShown)) +
              " was not seen when the table's columns were found. Set infer: full"};
    return arrow::Status::OK();
  }
  JsonColumn& builder = *columns_[static_cast<size_t>(column)];
  if (builder.builder().length() >= rows_) {
    *fault = {"the key " + base::Quoted(base::Shortened(name, kMaxKeyShown)) + " comes twice"};
    return arrow::Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const Appended appended, builder.Append(value, fault));
  if (appended == Appended::kDoesNotFit) unfit_.push_back(column);
  return arrow::Status::OK();
}

// Reads the line again, for the texts of the values that did not fit.
void JsonRows::AddMisfits(std::string_view line, JsonFault* fault) {
  simdjson::ondemand::parser parser;
  for (const int column : unfit_) {
    simdjson::ondemand::document document;
    std::string_view text;
    auto error = parser.iterate(line.data(), line.size(), line.size() + kTextPadding).get(document);
    simdjson::ondemand::object object;
    simdjson::ondemand::value value;
    if (!error) error = document.get_object().get(object);
    if (!error) error = FindIn(object, "", schema_->field(column)->name(), flatten_, &value);
    if (!error) error = TextOfValue(value, &text);
    if (error) {
      *fault = FaultOf(error);
      return;
    }
    misfits_[static_cast<size_t>(column)].push_back({rows_ - 1, std::string(text)});
  }
}

arrow::Result<JsonRows::Built> JsonRows::Finish() {
  Built built;
  arrow::ArrayVector arrays;
  for (size_t i = 0; i < columns_.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto array, columns_[i]->builder().Finish());
    const auto& misfits = misfits_[i];
    if (!misfits.empty()) {
      Misfits all{.column = static_cast<int>(i)};
      arrow::StringBuilder texts(pool_);
      for (const Misfit& misfit : misfits) {
        all.rows.push_back(misfit.row);
        ARROW_RETURN_NOT_OK(texts.Append(misfit.text));
      }
      ARROW_ASSIGN_OR_RAISE(all.values, texts.Finish());
      ARROW_ASSIGN_OR_RAISE(array, WithNulls(*array, all.rows, pool_));
      built.misfits.push_back(std::move(all));
    }
    arrays.push_back(std::move(array));
  }
  built.rows = arrow::RecordBatch::Make(schema_, rows_, std::move(arrays));
  return built;
}

}  // namespace formats
