// The type that a column of any Arrow type is sent as. This is the one place that decides it.
//
// Destinations hold only a part of Arrow's types. A column of another type is sent as the nearest
// of those, without loss where possible, and always as the same type whatever its values are. Pure
// functions; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/type.h"
#include "cloudquery/types/extension_types.h"

namespace cloudquery {

/// How a list whose items are lists is sent.
enum class NestedLists {
  kJson,  // as a JSON column, which every destination takes
  kList,  // as it is; PostgreSQL's destination fails the sync
};

struct NormalizeOptions {
  NestedLists nested_lists = NestedLists::kJson;
  /// Columns of row ids are left out, so that rows get new ones.
  bool new_row_ids = false;
};

/// How values of the type that is read become values of the type that is sent.
enum class Conversion {
  kKeep,            // the same buffers
  kInRange,         // the same buffers, with nulls for values out of range
  kAllNull,         // there are no values
  kText,            // any layout of strings: valid UTF-8 with 32-bit offsets
  kBytes,           // any layout of byte strings: 32-bit offsets
  kJsonText,        // text that should be JSON: checked
  kWriteJson,       // any value: written as JSON
  kFloat16,         // to float32
  kTruth,           // int8 to bool: not 0 is true
  kScale,           // an integer times or divided by a constant
  kDecimal,         // to a wider decimal of scale 0 or more
  kDecimalText,     // a decimal that no wider decimal can hold
  kInt96,           // nanoseconds of the day and a Julian day: microseconds
  kTimeText,        // nanoseconds since midnight: 23:59:59.999999999
  kIntervalFields,  // an interval: a struct of its parts
  kList,            // any layout of lists, and maps: one child, the items
  kStruct,          // one child for each field
  kDictionary,      // one child, the values
  kRunEnds,         // one child, the values
};

/// How one type is sent.
struct TypeRule {
  /// The storage type. Its nested fields are nullable and have no metadata but that of extension
  /// types.
  std::shared_ptr<arrow::DataType> type;
  ExtensionType extension = ExtensionType::kNone;
  Conversion conversion = Conversion::kKeep;
  std::vector<TypeRule> children;
  /// The unit or meaning that the type itself does not tell, e.g. "duration[ns]"; else empty.
  std::string meaning;
  /// Sentences on fields inside this type that are sent under another name.
  std::vector<std::string> notes;
};

/// The rule for a column or nested field. It does not depend on the name, but on the metadata if
/// that names an extension type.
TypeRule RuleFor(const arrow::Field& field, const NormalizeOptions& options);

/// The nullable field that a rule's values are sent as.
std::shared_ptr<arrow::Field> EmittedField(const TypeRule& rule, std::string name);

/// The type as messages and docs show it: "list<item: uuid>", "int64 (duration[ns])".
std::string TypeText(const TypeRule& rule);

/// The extension type of a field, by its Arrow class or by its metadata, and what it is stored as.
struct Annotated {
  std::string extension_name;
  std::shared_ptr<arrow::DataType> storage;
};
Annotated Unwrap(const arrow::Field& field);

}  // namespace cloudquery
