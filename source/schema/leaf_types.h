// The rules of source/schema/type_union.h for types that have no fields inside. Pure; thread-safe.
#pragma once

#include <memory>
#include <span>

#include "arrow/type.h"

namespace source {

/// The described field that holds the values of all of `fields`, which differ, under the name of
/// the first; null when there is none.
std::shared_ptr<arrow::Field> UniteLeaves(std::span<const std::shared_ptr<arrow::Field>> fields);

}  // namespace source
