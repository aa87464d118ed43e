#include "formats/parquet/plain_types.h"

#include <vector>

namespace formats {
namespace {

std::shared_ptr<arrow::DataType> PlainType(const std::shared_ptr<arrow::DataType>& type);

std::shared_ptr<arrow::Field> PlainField(const std::shared_ptr<arrow::Field>& field) {
  return arrow::field(field->name(), PlainType(field->type()), field->nullable());
}

std::shared_ptr<arrow::DataType> PlainType(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::LIST:
      return arrow::list(PlainField(type->field(0)));
    case arrow::Type::LARGE_LIST:
      return arrow::large_list(PlainField(type->field(0)));
    case arrow::Type::LIST_VIEW:
      return arrow::list_view(PlainField(type->field(0)));
    case arrow::Type::LARGE_LIST_VIEW:
      return arrow::large_list_view(PlainField(type->field(0)));
    case arrow::Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          PlainField(type->field(0)),
          static_cast<const arrow::FixedSizeListType&>(*type).list_size());
    case arrow::Type::MAP:
      return std::make_shared<arrow::MapType>(
          PlainField(type->field(0)), static_cast<const arrow::MapType&>(*type).keys_sorted());
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) fields.push_back(PlainField(field));
      return arrow::struct_(std::move(fields));
    }
    default:
      return type;
  }
}

}  // namespace

std::shared_ptr<arrow::Schema> PlainSchema(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) fields.push_back(PlainField(field));
  return arrow::schema(std::move(fields));
}

std::shared_ptr<arrow::ArrayData> WithType(const std::shared_ptr<arrow::ArrayData>& data,
                                           const std::shared_ptr<arrow::DataType>& type) {
  // Types without parts have no metadata inside them.
  if (data->type == type || (data->child_data.empty() && data->type->id() == type->id())) {
    return data;
  }
  auto typed = data->Copy();
  typed->type = type;
  if (type->id() != arrow::Type::EXTENSION) {
    for (size_t i = 0; i < typed->child_data.size(); ++i) {
      typed->child_data[i] =
          WithType(typed->child_data[i], type->field(static_cast<int>(i))->type());
    }
  }
  return typed;
}

}  // namespace formats
