// JSON Lines as an implementation of the format interface.
#pragma once

#include <memory>

#include "formats/format.h"
#include "formats/text/text_options.h"

namespace formats {

/// Owns keys that end in ".jsonl", ".ndjson" or ".json", and then perhaps in the ending of a
/// compression. An object that begins with [ is one array of rows.
std::shared_ptr<const Format> JsonFormat(const TextOptions& options);

}  // namespace formats
