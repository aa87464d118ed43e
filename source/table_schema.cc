#include "source/table_schema.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace source {
namespace {

using base::Quoted;

std::string TypeIn(const std::string& type, const std::string& key) {
  return (type == "nothing" ? "missing" : type) + " in object " + Quoted(key);
}

arrow::Status Disagreement(const std::string& table, const std::string& first,
                           const std::string& other,
                           const cloudquery::ColumnDifference& difference) {
  return base::MakeError(
      {.kind = base::ErrorKind::kConfig, .key = other},
      "table " + Quoted(table) + ": column " + Quoted(difference.column) + " is " +
          TypeIn(difference.expected, first) + " but " + TypeIn(difference.actual, other) +
          ". All objects of a table must have the same columns and types; move one of them to "
          "another folder.");
}

}  // namespace

arrow::Result<std::shared_ptr<const cloudquery::Normalizer>> TableSchema::Add(
    const std::string& key, const std::shared_ptr<arrow::Schema>& schema) {
  const std::lock_guard lock(mutex_);
  for (const Known& known : known_) {
    if (known.schema->Equals(*schema, /*check_metadata=*/false)) return known.normalizer;
  }
  if (known_.empty()) {
    first_key_ = key;
  } else if (const auto difference =
                 cloudquery::FindDifference(*known_[0].schema, *schema, options_)) {
    return Disagreement(table_, first_key_, key, *difference);
  }
  const auto& baseline = known_.empty() ? schema : known_[0].schema;
  ARROW_ASSIGN_OR_RAISE(auto normalizer,
                        cloudquery::Normalizer::Make(*baseline, *schema, options_));
  known_.push_back({schema, normalizer});
  return normalizer;
}

std::shared_ptr<const cloudquery::Normalizer> TableSchema::first() const {
  const std::lock_guard lock(mutex_);
  return known_.empty() ? nullptr : known_[0].normalizer;
}

}  // namespace source
