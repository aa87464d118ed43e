#include "formats/format.h"

#include "formats/parquet/parquet_format.h"

namespace formats {

std::shared_ptr<const Format> FindFormat(std::string_view filetype) {
  auto parquet = ParquetFormat();
  return filetype == parquet->name() ? parquet : nullptr;
}

}  // namespace formats
