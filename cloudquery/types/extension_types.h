// CloudQuery's Arrow extension types, as plugin-sdk's types/*.go define them. A field of one has
// the plain storage type and the two well-known metadata keys. Nothing is registered with Arrow, so
// the arrays are ordinary ones. Stateless; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "arrow/type.h"

namespace cloudquery {

inline constexpr std::string_view kExtensionNameKey = "ARROW:extension:name";
inline constexpr std::string_view kExtensionMetadataKey = "ARROW:extension:metadata";

inline constexpr int kUuidBytes = 16;

enum class ExtensionType {
  kNone,
  kUuid,  // fixed_size_binary(16): the raw bytes
  kJson,  // binary: UTF-8 JSON text; an empty value is invalid
  kInet,  // binary: CIDR text, "10.0.0.1/8"
  kMac,   // binary: 6 or 8 raw bytes
};

/// The name of the type in metadata, e.g. "uuid"; empty for kNone.
std::string_view ExtensionName(ExtensionType type);

/// The storage type of its values; null for kNone.
std::shared_ptr<arrow::DataType> ExtensionStorage(ExtensionType type);

/// A nullable field of the storage type, with the extension's metadata only.
std::shared_ptr<arrow::Field> ExtensionField(ExtensionType type, std::string name);

inline std::shared_ptr<arrow::Field> UuidField(std::string name) {
  return ExtensionField(ExtensionType::kUuid, std::move(name));
}
inline std::shared_ptr<arrow::Field> JsonField(std::string name) {
  return ExtensionField(ExtensionType::kJson, std::move(name));
}

}  // namespace cloudquery
