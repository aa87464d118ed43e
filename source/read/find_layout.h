// Finds the layout of one object as it is now, whatever happens to it meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "arrow/status.h"
#include "base/memory_budget.h"
#include "s3/object_store.h"
#include "source/planned_table.h"

namespace source {

/// Objects up to this size are worth reading whole for their layouts, wherever they are read: a
/// request costs more than their bytes.
inline constexpr int64_t kTinyObjectBytes = int64_t{16} << 10;

/// False only if the layout alone tells that the object has no rows.
bool HasRows(const formats::ObjectLayout& layout);

/// Whether an error may be that of bytes which were damaged on their way, so that they are worth
/// fetching once more.
bool MayBeDamage(const arrow::Status& status);

/// Sets layout and content of `plan`. Goes on to the object's new content when it has changed.
/// Fetches once more, on a new connection, what looks damaged. Objects of up to `whole_bytes` are
/// read whole, with one request, and their checksum is verified. What this takes until it returns
/// is taken from `memory`; null: the caller has reserved it. Errors are those of the store, of
/// s3::Relist and of LayoutFinder.
[[nodiscard]] arrow::Status FindLayout(s3::ObjectStore& store, formats::LayoutFinder& finder,
                                       int64_t whole_bytes, ObjectPlan* plan,
                                       const std::stop_token& stop,
                                       base::MemoryBudget* memory = nullptr);

}  // namespace source
