// Several formats at once: each object is read as its key's ending says.
#pragma once

#include <memory>
#include <vector>

#include "formats/format.h"

namespace formats {

/// Owns the keys of all of them. Where a key is read that none of them owns, it is read as the
/// first.
std::shared_ptr<const Format> AutoFormat(std::vector<std::shared_ptr<const Format>> formats);

}  // namespace formats
