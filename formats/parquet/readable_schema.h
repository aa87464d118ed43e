// What the Parquet library is told about the columns of a file that it would refuse or misread as
// they are, and how to get from what it decodes to what the file means. Three things are changed:
// - INT96 is decoded as the 12 bytes that are stored. The library's own conversion overflows.
// - A MAP whose keys are not required is decoded as a list of its entries. The library refuses such
//   a schema, though Hive, Presto and Athena write it.
// - A group that has no leaf column at any depth is dropped: nothing is stored of it, and the
//   library has no reader for it.
// Neither order nor number of the leaf columns change, nor do their definition and repetition
// levels. Pure functions, thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/array/data.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "parquet/schema.h"

namespace formats {

/// A schema that has to be changed.
struct ReadableSchema {
  /// What the library decodes.
  parquet::schema::NodePtr decoded;
  /// The same, except that it says what is an INT96 and what is a map.
  parquet::schema::NodePtr meaning;
  /// The paths of the groups that are dropped, outermost ones only.
  std::vector<std::string> dropped_groups;
};

/// Whether anything in the schema has to be changed; most files need nothing.
bool NeedsChange(const parquet::schema::Node& schema);

/// For a schema that NeedsChange. Throws what the library's constructors throw.
ReadableSchema MakeReadable(const parquet::schema::GroupNode& schema);

/// The Arrow type of what a file holds. `decoded` and `meaning`: the Arrow types that the library
/// makes of the two trees.
std::shared_ptr<arrow::Schema> RestoreMeaning(const arrow::Schema& decoded,
                                              const arrow::Schema& meaning);

/// kUnsupported when a map in `column` has an entry without a key. `path`: its name.
arrow::Status CheckMapKeys(const arrow::ArrayData& column, const std::string& path);

}  // namespace formats
