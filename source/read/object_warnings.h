// What is said about values of an object that were not sent as they are. Pure.
#pragma once

#include <string>

#include "cloudquery/types/convert.h"

namespace source {

cloudquery::ConvertStats Sum(const cloudquery::ConvertStats& a, const cloudquery::ConvertStats& b);

/// One sentence for all of them; empty when all values were sent as they are.
std::string WarningOf(const cloudquery::ConvertStats& stats);

}  // namespace source
