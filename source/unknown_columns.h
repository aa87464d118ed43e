// Names in the spec that are probably mistyped. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "source/planned_table.h"

namespace source {

/// A sentence on the names in `columns`, and one on those in `types`, that no table they are given
/// for has a column of. To be asked for when the tables' columns are known; of a table that has
/// none nothing is said.
std::vector<std::string> UnknownColumnWarnings(std::span<const PlannedTable> tables);

}  // namespace source
