#include "cloudquery/types/extension_types.h"

#include <utility>

#include "arrow/util/key_value_metadata.h"

namespace cloudquery {

std::string_view ExtensionName(ExtensionType type) {
  switch (type) {
    case ExtensionType::kNone:
      return "";
    case ExtensionType::kUuid:
      return "uuid";
    case ExtensionType::kJson:
      return "json";
    case ExtensionType::kInet:
      return "inet";
    case ExtensionType::kMac:
      return "mac";
  }
  return "";
}

std::shared_ptr<arrow::DataType> ExtensionStorage(ExtensionType type) {
  switch (type) {
    case ExtensionType::kNone:
      return nullptr;
    case ExtensionType::kUuid:
      return arrow::fixed_size_binary(kUuidBytes);
    case ExtensionType::kJson:
    case ExtensionType::kInet:
    case ExtensionType::kMac:
      return arrow::binary();
  }
  return nullptr;
}

std::shared_ptr<arrow::Field> ExtensionField(ExtensionType type, std::string name) {
  const std::string extension(ExtensionName(type));
  return arrow::field(std::move(name), ExtensionStorage(type), /*nullable=*/true,
                      arrow::key_value_metadata(
                          {std::string(kExtensionNameKey), std::string(kExtensionMetadataKey)},
                          {extension, extension + "-serialized"}));
}

}  // namespace cloudquery
