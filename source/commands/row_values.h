// Values of rows as JSON. Pure; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"

namespace source {

/// The JSON text of each value, "null" included: one list for each column of `batches`, which have
/// the columns of `schema`, a schema of a table that is sent.
[[nodiscard]] arrow::Result<std::vector<std::vector<std::string>>> JsonValues(
    const arrow::Schema& schema, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches);

}  // namespace source
