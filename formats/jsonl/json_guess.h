// The type that the values of JSON under one key have in common.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "arrow/type.h"
#include "formats/text/type_guess.h"

namespace formats {

/// A field of JSON text, as the conversion to CloudQuery's types knows it.
std::shared_ptr<arrow::Field> JsonTextField(const std::string& name);
bool IsJsonText(const arrow::Field& field);

/// What is known of the values. Merging does not depend on the order.
class JsonGuess {
 public:
  void AddNull() {}
  void AddBool() { Add(kBool); }
  void AddNumber(std::string_view text);
  void AddString(std::string_view text);
  /// Of an object: what is under one of its keys. Null: there are too many keys for fields.
  JsonGuess* AddField(std::string_view key);
  void AddObject() { Add(kObject); }
  /// Of an array: what its items have in common.
  JsonGuess* AddItem();
  void AddArray() { Add(kArray); }
  /// Of a value too deep in others to be looked at.
  void AddAny() { Add(kBool | kString); }

  void Merge(const JsonGuess& other);

  /// A struct for objects, a list for arrays, JSON text where no other type holds all values, and
  /// text where there are none.
  std::shared_ptr<arrow::Field> field(const std::string& name) const;
  bool is_object() const { return kinds_ == kObject; }
  const std::map<std::string, JsonGuess, std::less<>>& fields() const { return fields_; }

 private:
  enum Kind : uint8_t { kBool = 1, kNumber = 2, kString = 4, kObject = 8, kArray = 16 };
  void Add(int kind) { kinds_ = static_cast<uint8_t>(kinds_ | kind); }
  std::shared_ptr<arrow::Field> ObjectField(const std::string& name) const;
  bool HasFields() const;

  uint8_t kinds_ = 0;
  TypeGuess guess_;
  std::map<std::string, JsonGuess, std::less<>> fields_;
  bool has_too_many_fields_ = false;
  std::unique_ptr<JsonGuess> item_;
};

}  // namespace formats
