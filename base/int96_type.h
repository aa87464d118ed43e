// Parquet's INT96 as an Arrow type. Spark, Hive and Impala store times in it that 64-bit
// nanoseconds cannot represent, and Arrow has no type for it. The reader passes the stored values
// unchanged to the code that converts them. Stateless; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "arrow/extension_type.h"
#include "arrow/result.h"

namespace base {

inline constexpr int kInt96Bytes = 12;
inline constexpr std::string_view kInt96Name = "parquet.int96";

/// Stored as fixed_size_binary(kInt96Bytes), little-endian: the nanoseconds of the day (8 bytes),
/// the Julian day number (4 bytes), both signed.
class Int96Type : public arrow::ExtensionType {
 public:
  Int96Type();

  std::string extension_name() const override { return std::string(kInt96Name); }
  bool ExtensionEquals(const arrow::ExtensionType& other) const override;
  std::shared_ptr<arrow::Array> MakeArray(std::shared_ptr<arrow::ArrayData> data) const override;
  arrow::Result<std::shared_ptr<arrow::DataType>> Deserialize(
      std::shared_ptr<arrow::DataType> storage, const std::string& serialized) const override;
  std::string Serialize() const override { return ""; }
};

}  // namespace base
