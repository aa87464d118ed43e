// The types of a table's columns whose objects are CSV: learnt from all of them, then settled.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "arrow/type.h"
#include "formats/format.h"
#include "formats/text/type_guess.h"

namespace formats {

/// The type that a column which was announced as `field` is read as; null: it is to be inferred,
/// since no value of it was ever seen.
std::shared_ptr<arrow::DataType> AnnouncedType(const arrow::Field& field);

/// Thread-safe. Columns are told apart by their names without regard to case; those of the same
/// name by their order.
class LearntTypes {
 public:
  /// What one object tells. Changes nothing after Settle. Both are equally long.
  void Learn(const std::vector<std::string>& names, const std::vector<TypeGuess>& guesses);

  /// See LayoutFinder::Settle.
  void Settle(const KnownColumns& known);
  bool is_settled() const;

  /// Of an object with these columns; all are text as long as nothing is settled.
  std::shared_ptr<arrow::Schema> SchemaOf(const std::vector<std::string>& names) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, TypeGuess> guesses_;                       // guarded by mutex_
  std::map<std::string, std::shared_ptr<arrow::DataType>> types_;  // guarded by mutex_
  bool is_settled_ = false;                                        // guarded by mutex_
};

}  // namespace formats
