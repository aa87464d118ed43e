#include "base/int96_type.h"

#include <utility>

namespace base {

Int96Type::Int96Type() : arrow::ExtensionType(arrow::fixed_size_binary(kInt96Bytes)) {}

bool Int96Type::ExtensionEquals(const arrow::ExtensionType& other) const {
  return other.extension_name() == kInt96Name;
}

std::shared_ptr<arrow::Array> Int96Type::MakeArray(std::shared_ptr<arrow::ArrayData> data) const {
  return std::make_shared<arrow::ExtensionArray>(std::move(data));
}

arrow::Result<std::shared_ptr<arrow::DataType>> Int96Type::Deserialize(
    std::shared_ptr<arrow::DataType> storage, const std::string&) const {
  if (!storage->Equals(*storage_type())) {
    return arrow::Status::Invalid("INT96 is not stored as ", storage->ToString());
  }
  return std::make_shared<Int96Type>();
}

}  // namespace base
