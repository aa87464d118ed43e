// Values of one type as those of a wider one, as source/schema/type_union.h widens types. Pure;
// thread-safe as long as each call has its own ConvertStats.
#pragma once

#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/convert.h"

namespace source {

/// `array`, which is of the type that `from` is sent as, as the type that `to` is sent as. Both are
/// described fields, and `to` is what `from` was united to. Shares what need not change. Times that
/// a finer unit has no room for become null and are counted. kCorrupt: a value does not fit.
[[nodiscard]] arrow::Result<cloudquery::ArrayPtr> CastColumn(
    const cloudquery::ArrayPtr& array, const arrow::Field& from, const arrow::Field& to,
    const cloudquery::ConvertContext& context);

}  // namespace source
