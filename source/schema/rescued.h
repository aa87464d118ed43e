// The column that keeps what does not fit the column it belongs to (`rescue` of the spec). Pure;
// thread-safe as long as each call has its own ConvertStats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "cloudquery/types/convert.h"
#include "source/schema/column_fit.h"

namespace source {

/// Its name, which no other column has where `rescue` is set. It holds JSON objects: the names of
/// columns, with dots between structs and their fields, and the values that do not fit them. Null
/// where all of a row fits.
inline constexpr std::string_view kRescuedName = "_rescued";

/// Adds `"name":"text"` to the members of a JSON object.
void AddRescuedText(std::string_view name, std::string_view text, std::string* members);

/// `of_all_rows`: members that the objects of all rows have; may be empty.
[[nodiscard]] arrow::Result<cloudquery::ArrayPtr> RescuedColumn(
    int64_t rows, const std::vector<UnfitValues>& unfit, std::string_view of_all_rows,
    const cloudquery::ConvertContext& context);

}  // namespace source
