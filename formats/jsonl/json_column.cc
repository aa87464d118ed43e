#include "formats/jsonl/json_column.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_nested.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/array/builder_time.h"
#include "arrow/util/checked_cast.h"
#include "base/text.h"
#include "formats/text/parse_text.h"

namespace formats {
namespace {

using arrow::internal::checked_cast;
using simdjson::ondemand::json_type;
using simdjson::ondemand::value;
using MadeColumn = arrow::Result<std::unique_ptr<JsonColumn>>;

// What stands in a row with a fault does not matter.
arrow::Result<Appended> Dropped(JsonColumn* column) {
  ARROW_RETURN_NOT_OK(column->AppendNull());
  return Appended::kFits;
}

arrow::Result<Appended> Faulty(JsonColumn* column, simdjson::error_code error, JsonFault* fault) {
  *fault = FaultOf(error);
  return Dropped(column);
}

// simdjson looks at the first character only.
bool FindType(value& value, json_type* type, JsonFault* fault) {
  if (const auto error = value.type().get(*type)) {
    *fault = FaultOf(error);
    return false;
  }
  if (*type == json_type::string || *type == json_type::object || *type == json_type::array) {
    return true;
  }
  std::string_view token;
  if (const auto error = TokenOf(value, &token)) {
    *fault = FaultOf(error);
    return false;
  }
  if (*type == json_type::number ? IsJsonNumber(token)
                                 : token == "null" || token == "true" || token == "false") {
    return true;
  }
  *fault = {"it is not valid JSON"};
  return false;
}

// Values that are numbers, true and false, or strings with times.
template <typename Builder, typename Parse>
class ScalarColumn final : public JsonColumn {
 public:
  ScalarColumn(std::shared_ptr<arrow::DataType> type, bool from_string, Parse parse,
               arrow::MemoryPool* pool)
      : builder_(std::move(type), pool), from_string_(from_string), parse_(std::move(parse)) {}

  arrow::Result<Appended> Append(value value, JsonFault* fault) override {
    json_type type;
    if (!FindType(value, &type, fault)) return Dropped(this);
    std::string_view text;
    if (type == json_type::string && from_string_) {
      if (const auto error = value.get_string().get(text)) return Faulty(this, error, fault);
    } else if (type == json_type::number || type == json_type::boolean || type == json_type::null) {
      if (const auto error = TokenOf(value, &text)) return Faulty(this, error, fault);
      if (text == "null") return Null();
      if (from_string_) return Misfit();
    } else {
      return Misfit();
    }
    const auto parsed = parse_(text);
    if (!parsed) return Misfit();
    ARROW_RETURN_NOT_OK(builder_.Append(*parsed));
    return Appended::kFits;
  }
  arrow::Status AppendNull() override { return builder_.AppendNull(); }
  arrow::ArrayBuilder& builder() override { return builder_; }

 private:
  arrow::Result<Appended> Null() {
    ARROW_RETURN_NOT_OK(builder_.AppendNull());
    return Appended::kFits;
  }
  arrow::Result<Appended> Misfit() {
    ARROW_RETURN_NOT_OK(builder_.AppendNull());
    return Appended::kDoesNotFit;
  }

  Builder builder_;
  const bool from_string_;
  const Parse parse_;
};

class AnyTextColumn final : public JsonColumn {
 public:
  AnyTextColumn(bool as_json, arrow::MemoryPool* pool) : builder_(pool), as_json_(as_json) {}

  arrow::Result<Appended> Append(value value, JsonFault* fault) override {
    json_type type;
    if (!FindType(value, &type, fault)) return Dropped(this);
    std::string_view text;
    const auto error =
        as_json_ ? simdjson::to_json_string(value).get(text) : TextOfValue(value, &text);
    if (error) return Faulty(this, error, fault);
    if (as_json_) text = base::Trimmed(text);
    if (type == json_type::null) {
      ARROW_RETURN_NOT_OK(builder_.AppendNull());
    } else {
      ARROW_RETURN_NOT_OK(builder_.Append(text));
    }
    return Appended::kFits;
  }
  arrow::Status AppendNull() override { return builder_.AppendNull(); }
  arrow::ArrayBuilder& builder() override { return builder_; }

 private:
  arrow::StringBuilder builder_;
  const bool as_json_;
};

class ListColumn final : public JsonColumn {
 public:
  ListColumn(std::shared_ptr<arrow::DataType> type, std::unique_ptr<JsonColumn> item,
             std::shared_ptr<arrow::ArrayBuilder> items, arrow::MemoryPool* pool)
      : item_(std::move(item)), builder_(pool, std::move(items), std::move(type)) {}

  arrow::Result<Appended> Append(value value, JsonFault* fault) override {
    json_type type;
    if (!FindType(value, &type, fault)) return Dropped(this);
    if (type != json_type::array) {
      ARROW_RETURN_NOT_OK(builder_.AppendNull());
      return type == json_type::null ? Appended::kFits : Appended::kDoesNotFit;
    }
    simdjson::ondemand::array array;
    if (const auto error = value.get_array().get(array)) return Faulty(this, error, fault);
    ARROW_RETURN_NOT_OK(builder_.Append());
    Appended all = Appended::kFits;
    for (auto inner : array) {
      simdjson::ondemand::value item;
      if (const auto error = inner.get(item)) {
        *fault = FaultOf(error);
        break;
      }
      ARROW_ASSIGN_OR_RAISE(const Appended one, item_->Append(item, fault));
      if (one == Appended::kDoesNotFit) all = one;
      if (*fault) break;
    }
    return all;
  }
  arrow::Status AppendNull() override { return builder_.AppendNull(); }
  arrow::ArrayBuilder& builder() override { return builder_; }

 private:
  const std::unique_ptr<JsonColumn> item_;
  arrow::ListBuilder builder_;
};

class StructColumn final : public JsonColumn {
 public:
  StructColumn(const std::shared_ptr<arrow::DataType>& type,
               std::vector<std::unique_ptr<JsonColumn>> fields,
               std::vector<std::shared_ptr<arrow::ArrayBuilder>> builders, arrow::MemoryPool* pool)
      : keys_(type), fields_(std::move(fields)), builder_(type, pool, std::move(builders)) {}

  arrow::Result<Appended> Append(value value, JsonFault* fault) override {
    json_type type;
    if (!FindType(value, &type, fault)) return Dropped(this);
    if (type != json_type::object) {
      ARROW_RETURN_NOT_OK(builder_.AppendNull());
      return type == json_type::null ? Appended::kFits : Appended::kDoesNotFit;
    }
    simdjson::ondemand::object object;
    if (const auto error = value.get_object().get(object)) return Faulty(this, error, fault);
    ARROW_RETURN_NOT_OK(builder_.Append());
    const int64_t row = builder_.length();
    Appended all = Appended::kFits;
    for (auto field : object) {
      ARROW_ASSIGN_OR_RAISE(const Appended one, AppendField(field, row, fault));
      if (one == Appended::kDoesNotFit) all = one;
      if (*fault) break;
    }
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i]->builder().length() < row) ARROW_RETURN_NOT_OK(fields_[i]->AppendNull());
    }
    return all;
  }

  arrow::Status AppendNull() override { return builder_.AppendNull(); }
  arrow::ArrayBuilder& builder() override { return builder_; }

 private:
  arrow::Result<Appended> AppendField(auto& field, int64_t row, JsonFault* fault) {
    std::string_view key;
    simdjson::ondemand::value inner;
    if (const auto error = field.unescaped_key().get(key)) return Failed(error, fault);
    if (const auto error = field.value().get(inner)) return Failed(error, fault);
    const int index =
        checked_cast<const arrow::StructType&>(*keys_).GetFieldIndex(std::string(key));
    if (index < 0) {
      // Without a value nothing is lost.
      std::string_view text;
      if (const auto error = TokenOf(inner, &text)) return Failed(error, fault);
      return text == "null" ? Appended::kFits : Appended::kDoesNotFit;
    }
    JsonColumn& column = *fields_[static_cast<size_t>(index)];
    if (column.builder().length() >= row) {
      *fault = {"the key " + base::Quoted(key) + " comes twice in an object"};
      return Appended::kFits;
    }
    return column.Append(inner, fault);
  }

  static Appended Failed(simdjson::error_code error, JsonFault* fault) {
    *fault = FaultOf(error);
    return Appended::kFits;
  }

  const std::shared_ptr<arrow::DataType> keys_;
  const std::vector<std::unique_ptr<JsonColumn>> fields_;
  arrow::StructBuilder builder_;
};

// A builder that its column owns, for a builder of nested values.
std::shared_ptr<arrow::ArrayBuilder> Shared(JsonColumn& column) {
  return {&column.builder(), [](arrow::ArrayBuilder*) {}};
}

template <typename Builder, typename Parse>
MadeColumn Scalar(const arrow::Field& field, bool from_string, Parse parse,
                  arrow::MemoryPool* pool) {
  return std::make_unique<ScalarColumn<Builder, Parse>>(field.type(), from_string, parse, pool);
}

MadeColumn MakeStruct(const arrow::Field& field, arrow::MemoryPool* pool) {
  std::vector<std::unique_ptr<JsonColumn>> fields;
  std::vector<std::shared_ptr<arrow::ArrayBuilder>> builders;
  for (const auto& child : field.type()->fields()) {
    ARROW_ASSIGN_OR_RAISE(auto column, MakeJsonColumn(*child, pool));
    builders.push_back(Shared(*column));
    fields.push_back(std::move(column));
  }
  return std::make_unique<StructColumn>(field.type(), std::move(fields), std::move(builders), pool);
}

}  // namespace

simdjson::error_code TextOfValue(value value, std::string_view* text) {
  json_type type;
  if (const auto error = value.type().get(type)) return error;
  if (type == json_type::string) return value.get_string().get(*text);
  const auto error = simdjson::to_json_string(value).get(*text);
  *text = base::Trimmed(*text);
  return error;
}

MadeColumn MakeJsonColumn(const arrow::Field& field, arrow::MemoryPool* pool) {
  switch (field.type()->id()) {
    case arrow::Type::BOOL:
      return Scalar<arrow::BooleanBuilder>(
          field, false,
          [](std::string_view text) {
            return text == "true"    ? std::optional(true)
                   : text == "false" ? std::optional(false)
                                     : std::nullopt;
          },
          pool);
    case arrow::Type::INT64:
      return Scalar<arrow::Int64Builder>(field, false, &ParseIntegerText, pool);
    case arrow::Type::DOUBLE:
      return Scalar<arrow::DoubleBuilder>(field, false, &ParseDoubleText, pool);
    case arrow::Type::DATE32:
      return Scalar<arrow::Date32Builder>(field, true, &ParseDateText, pool);
    case arrow::Type::TIMESTAMP:
      return Scalar<arrow::TimestampBuilder>(
          field, true,
          [type = field.type()](std::string_view text) {
            return ParseTimestampText(text, checked_cast<const arrow::TimestampType&>(*type));
          },
          pool);
    case arrow::Type::LIST: {
      ARROW_ASSIGN_OR_RAISE(auto item, MakeJsonColumn(*field.type()->field(0), pool));
      auto items = Shared(*item);
      return std::make_unique<ListColumn>(field.type(), std::move(item), std::move(items), pool);
    }
    case arrow::Type::STRUCT:
      return MakeStruct(field, pool);
    default:
      return std::make_unique<AnyTextColumn>(IsJsonText(field), pool);
  }
}

}  // namespace formats
