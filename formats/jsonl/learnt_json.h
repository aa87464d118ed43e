// The columns of a table whose objects are JSON Lines: learnt from all of them, then settled.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "arrow/type.h"
#include "formats/format.h"
#include "formats/jsonl/json_guess.h"

namespace formats {

/// The keys of objects, in the order in which they came. Not thread-safe.
class JsonColumns {
 public:
  JsonGuess* Find(const std::string& name);
  void Merge(const JsonColumns& other);
  const std::vector<std::string>& names() const { return names_; }
  const std::map<std::string, JsonGuess>& guesses() const { return guesses_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, JsonGuess> guesses_;
};

/// Thread-safe.
class LearntJson {
 public:
  /// `all_text`: each column is text.
  explicit LearntJson(bool all_text) : all_text_(all_text) {}

  /// What one object tells. Changes nothing after Settle.
  void Learn(const JsonColumns& columns);

  /// See LayoutFinder::Settle.
  void Settle(const KnownColumns& known);
  bool is_settled() const;

  /// These columns, and then all others of the table, since the object may have them where nobody
  /// looked. All are text as long as nothing is settled.
  std::shared_ptr<arrow::Schema> SchemaOf(const std::vector<std::string>& names) const;

 private:
  const bool all_text_;
  mutable std::mutex mutex_;
  JsonColumns learnt_;                                          // guarded by mutex_
  std::map<std::string, std::shared_ptr<arrow::Field>> types_;  // guarded by mutex_
  bool is_settled_ = false;                                     // guarded by mutex_
};

}  // namespace formats
