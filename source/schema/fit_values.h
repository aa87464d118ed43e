// Values brought to a type that the user gave to their column (`types` of the spec). Other than
// where types widen (source/schema/cast_column.h), some values may not fit. Pure; thread-safe as
// long as each call has its own ConvertStats.
//
// A value fits if the type has exactly that value: 3.0 fits int64, 3.5 does not; a midnight fits
// date. A fraction fits float and double, which have the nearest value; an integer that they would
// round does not. The text of a value is that of the value in JSON, without quotation marks; a text
// or byte string fits a type if it says a value of the type (source/schema/parse_value.h). Every
// value fits json but a text that is not JSON. A text that is empty fits text, binary and no other.
// Local times and those in UTC become each other with the same clock time.
#pragma once

#include <cstdint>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/convert.h"

namespace source {

struct FittedValues {
  /// As the type is sent; null where a value does not fit.
  cloudquery::ArrayPtr values;
  /// The rows of those that do not, in ascending order.
  std::vector<int64_t> misfits;
};

/// `array` is of the type that `from` is sent as. `to` is one of source/schema/column_types.h.
[[nodiscard]] arrow::Result<FittedValues> FitValues(const cloudquery::ArrayPtr& array,
                                                    const arrow::Field& from,
                                                    const arrow::Field& to,
                                                    const cloudquery::ConvertContext& context);

}  // namespace source
