// The columns of a schema as they are sent, described so that schemas can be compared and united:
// an Arrow schema whose fields have the names that were read and the types that are sent. What a
// type alone does not tell is in the metadata of its field, at any depth: see the keys below. Pure
// functions; thread-safe.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/type.h"
#include "cloudquery/types/type_rules.h"

namespace cloudquery {

/// What a number stands for, e.g. "duration[ns]".
inline constexpr std::string_view kMeaningKey = "cq:meaning";
/// The column was of type null: the type that is sent is only a stand-in.
inline constexpr std::string_view kNullTypedKey = "cq:null_typed";
/// The column was stored as INT96, which does not tell whether times are local or UTC.
inline constexpr std::string_view kInt96Key = "cq:int96";
/// The text is a time of day with nine digits of fraction.
inline constexpr std::string_view kTimeTextKey = "cq:time_text";

/// One field for each column of a Normalizer's batches, in their order.
std::shared_ptr<arrow::Schema> DescribeColumns(const arrow::Schema& schema,
                                               const NormalizeOptions& options);

/// The metadata value of a key, or an empty text.
std::string Note(const arrow::Field& field, std::string_view key);
/// The field with that value; an empty one removes the key.
std::shared_ptr<arrow::Field> WithNote(const arrow::Field& field, std::string_view key,
                                       std::string_view value);

/// The field as it is sent, under `name`: what only describes it is removed at every depth.
std::shared_ptr<arrow::Field> SentField(const arrow::Field& described, std::string name);

/// The type as messages show it: "list<item: uuid>", "int64 (duration[ns])".
std::string DescribedTypeText(const arrow::Field& described);

/// Whether the column holds row ids, which have the name of CloudQuery's own column.
bool IsRowIdColumn(const arrow::Field& described);

/// The fields of a table, named and typed as they are sent.
struct SentColumns {
  std::shared_ptr<arrow::Schema> schema;
  /// A sentence for each column that is sent under another name.
  std::vector<std::string> warnings;
};
/// `reserved`: names that none of them may have, beside CloudQuery's own.
SentColumns SendColumns(const arrow::Schema& described,
                        std::span<const std::string_view> reserved = {});

/// A sentence for each field inside a column that is sent under another name, and for each column
/// that is not sent.
std::vector<std::string> NotesOn(const arrow::Schema& schema, const NormalizeOptions& options);

}  // namespace cloudquery
