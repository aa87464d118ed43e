// What is said about an object whose rows were not sent as they are. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "arrow/status.h"
#include "cloudquery/types/convert.h"
#include "formats/format.h"

namespace source {

cloudquery::ConvertStats Sum(const cloudquery::ConvertStats& a, const cloudquery::ConvertStats& b);

/// One sentence for all of them; empty when all values were sent as they are.
std::string WarningOf(const cloudquery::ConvertStats& stats);

/// The same for malformed rows that were skipped.
std::string WarningOf(const formats::SkippedRows& skipped);

/// The failure of an object of which so many rows were sent before it.
arrow::Status NamingRowsSent(const arrow::Status& failure, int64_t rows);

/// The failure of an object whose rows were sent though its checksum shows that they may be wrong,
/// and whose rows are not replaced when they are sent again. What the service stores is right, so
/// the object is not malformed.
arrow::Status WrongRowsSent(const arrow::Status& verified);

}  // namespace source
