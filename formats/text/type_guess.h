// The type that the texts of a column have in common, if their values still tell the texts.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "arrow/type.h"

namespace formats {

/// What is known of the texts of a column. A value type; the order in which texts are added, and
/// guesses merged, does not matter.
///
/// A type is given only if all texts are written alike, so that the values can be printed as they
/// were: all booleans in the same case; numbers either with equally many digits behind the point,
/// or without zeros at the end; times with the same separator and zone. Anything else is text.
class TypeGuess {
 public:
  /// A text of CSV, or a string of JSON; not null.
  void AddText(std::string_view text);
  /// Date and time only: for strings of JSON, whose writer knew that they were no numbers.
  void AddString(std::string_view text);
  /// A number of JSON. How it is written tells nothing but its digits.
  void AddNumber(std::string_view text);
  void AddBool();
  void Merge(const TypeGuess& other);

  /// null (there are no values), bool, int64, double, date32, timestamp in us or ns with or without
  /// UTC, else utf8. Nothing (a null pointer): numbers of JSON that neither int64 nor double holds.
  std::shared_ptr<arrow::DataType> type() const;

 private:
  void AddTime(std::string_view text);

  uint64_t seen_ = 0;
  // Of numbers that have a point, bit n for n digits behind it; the last one for any more.
  uint64_t scales_ = 0;
  // The same for times.
  uint32_t fractions_ = 0;
};

}  // namespace formats
