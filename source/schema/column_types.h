// The types that `types` of the spec gives to columns: their names, and what they do to a schema.
// Pure functions; thread-safe.
//
//   bool
//   int8 int16 int32 int64 uint8 uint16 uint32 uint64
//   float double
//   decimal(precision, scale)              1 to 76 digits, of which `scale` behind the point
//   text binary json uuid
//   date time
//   timestamp        timestamp(unit)       in UTC; unit is ms, us or ns, without it us
//   local_timestamp  local_timestamp(unit) of no time zone
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/type.h"

namespace source {

/// The type of a column, or of a field inside structs.
struct ColumnType {
  /// The column's name. The names of a column and of the fields below it are joined by dots:
  /// "order.price".
  std::string column;
  /// Described (cloudquery/types/described_columns.h); its name is empty.
  std::shared_ptr<arrow::Field> type;
};
using ColumnTypes = std::vector<ColumnType>;

/// A regular expression that the names of all types match, and few other texts: those whose scale
/// is greater than their precision.
inline constexpr char kColumnTypePattern[] =
    "^(bool|u?int(8|16|32|64)|float|double|text|binary|json|uuid|date|time"
    "|(local_)?timestamp(\\((ms|us|ns)\\))?"
    "|decimal\\(([1-9]|[1-6][0-9]|7[0-6]), ?([0-9]|[1-6][0-9]|7[0-6])\\))$";
/// What can stand behind "It must be a block of columns and types: ".
inline constexpr char kColumnTypeNames[] =
    "bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float, double, "
    "decimal(precision, scale), text, binary, json, uuid, date, time, timestamp, timestamp(ms), "
    "timestamp(us), timestamp(ns), local_timestamp, and local_timestamp with a unit";

/// The described field of a type, without a name. Null: there is no such type.
std::shared_ptr<arrow::Field> FindColumnType(std::string_view name);

/// What is wrong with the name of a type; empty: nothing.
std::string ColumnTypeProblem(std::string_view name);

/// From names of columns to names of types, which must be valid.
ColumnTypes MakeColumnTypes(const std::map<std::string, std::string>& names);

/// The schema with these types. A name is that of a column, or else of a field inside structs;
/// where none is equal, one that differs in case only counts. `found`, if given, gets a true for
/// each of `types` that the schema has.
std::shared_ptr<arrow::Schema> WithColumnTypes(const std::shared_ptr<arrow::Schema>& described,
                                               const ColumnTypes& types,
                                               std::vector<bool>* found = nullptr);

}  // namespace source
