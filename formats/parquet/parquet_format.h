// Parquet behind the seam of formats/format.h. A scan task is a row group.
#pragma once

#include <memory>

#include "formats/format.h"

namespace formats {

std::shared_ptr<const Format> ParquetFormat();

}  // namespace formats
