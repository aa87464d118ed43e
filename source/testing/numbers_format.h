// A second format behind the seam of formats/format.h, for tests: what the seam takes besides
// Parquet. An object is a header and int32 values, all little-endian; its tasks are runs of values,
// and neither their rows nor the positions of these are known before they are read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "formats/format.h"

namespace source {

/// Owns keys that end in ".numbers". A value below 0 is corrupt.
std::shared_ptr<const formats::Format> NumbersFormat();

/// An object of the format with the values first … first + count - 1, in tasks of
/// `values_per_task`.
std::string NumbersOf(int32_t first, int32_t count, int32_t values_per_task = 100);

}  // namespace source
