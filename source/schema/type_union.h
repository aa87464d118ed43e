// Which type holds the values of several types without losing any: the rules by which the types of
// a column widen. Fields are described as cloudquery/types/described_columns.h says. Pure
// functions; thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "arrow/type.h"

namespace source {

/// In their order.
std::vector<std::string> NamesOf(const arrow::FieldVector& fields);

/// Which of the fields of `known` each of `own` is: one of equal name, else one whose name differs
/// in case only. Of equal names the first is the first. Unset: none. No two are the same.
std::vector<std::optional<size_t>> MatchNames(std::span<const std::string> known,
                                              std::span<const std::string> own, bool fold_case);

/// The type of a column, or of a field inside one, in some of the sources of a table.
struct TypeVariant {
  std::shared_ptr<arrow::Field> field;
  /// Indices of the sources, in ascending order.
  std::vector<size_t> sources;
};

/// Types that have no type in common.
struct TypeConflict {
  /// The column, and the fields below it: "order.price", "tags.item".
  std::string path;
  /// Types that differ as messages show them.
  std::vector<TypeVariant> variants;
};

/// The type that holds all of `types` (at least one; null-typed fields hold nothing). Null: there
/// is none; what is in the way is added to `conflicts`. Where `conflicts` is null there always is
/// one: the first of the types, widened to hold those of the others that have something in common
/// with it.
std::shared_ptr<arrow::Field> UniteTypes(const std::string& path,
                                         std::span<const TypeVariant> types,
                                         std::vector<TypeConflict>* conflicts);

}  // namespace source
