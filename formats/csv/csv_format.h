// CSV as an implementation of the format interface.
#pragma once

#include <memory>

#include "formats/format.h"
#include "formats/text/text_options.h"

namespace formats {

/// Owns keys that end in ".csv" or ".tsv", and then perhaps in the ending of a compression.
std::shared_ptr<const Format> CsvFormat(const TextOptions& options);

}  // namespace formats
