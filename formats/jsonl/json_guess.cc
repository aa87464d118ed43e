#include "formats/jsonl/json_guess.h"

#include <algorithm>
#include <bit>

#include "arrow/util/key_value_metadata.h"
#include "base/text.h"

namespace formats {
namespace {

constexpr size_t kMostFields = 200;
constexpr char kExtensionName[] = "ARROW:extension:name";
constexpr char kJson[] = "arrow.json";

// A number, or a long text of hexadecimal digits, as of a UUID or a hash: keys that are data.
bool LooksLikeId(std::string_view key) {
  constexpr size_t kLong = 16;
  const bool number =
      !key.empty() && std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
  const bool hexadecimal = key.size() >= kLong && std::ranges::all_of(key, [](char c) {
                             return c == '-' || base::HexDigitValue(c) >= 0;
                           });
  return number || hexadecimal;
}

}  // namespace

std::shared_ptr<arrow::Field> JsonTextField(const std::string& name) {
  return arrow::field(name, arrow::utf8(), true,
                      arrow::key_value_metadata({kExtensionName}, {kJson}));
}

bool IsJsonText(const arrow::Field& field) {
  return field.metadata() != nullptr && field.metadata()->Get(kExtensionName).ValueOr("") == kJson;
}

void JsonGuess::AddNumber(std::string_view text) {
  Add(kNumber);
  guess_.AddNumber(text);
}

void JsonGuess::AddString(std::string_view text) {
  Add(kString);
  guess_.AddString(text);
}

JsonGuess* JsonGuess::AddField(std::string_view key) {
  Add(kObject);
  if (has_too_many_fields_) return nullptr;
  const auto known = fields_.find(key);
  if (known != fields_.end()) return &known->second;
  if (fields_.size() == kMostFields) {
    has_too_many_fields_ = true;
    fields_.clear();
    return nullptr;
  }
  return &fields_[std::string(key)];
}

JsonGuess* JsonGuess::AddItem() {
  Add(kArray);
  if (item_ == nullptr) item_ = std::make_unique<JsonGuess>();
  return item_.get();
}

void JsonGuess::Merge(const JsonGuess& other) {
  Add(other.kinds_);
  guess_.Merge(other.guess_);
  if (other.has_too_many_fields_) {
    has_too_many_fields_ = true;
    fields_.clear();
  }
  for (const auto& [key, field] : other.fields_) {
    if (JsonGuess* own = AddField(key); own != nullptr) own->Merge(field);
  }
  if (other.item_ != nullptr) AddItem()->Merge(*other.item_);
}

bool JsonGuess::HasFields() const {
  if (has_too_many_fields_ || fields_.empty()) return false;
  return std::ranges::none_of(fields_, [](const auto& field) { return LooksLikeId(field.first); });
}

std::shared_ptr<arrow::Field> JsonGuess::ObjectField(const std::string& name) const {
  if (!HasFields()) return JsonTextField(name);
  arrow::FieldVector fields;
  for (const auto& [key, field] : fields_) fields.push_back(field.field(key));
  return arrow::field(name, arrow::struct_(std::move(fields)));
}

std::shared_ptr<arrow::Field> JsonGuess::field(const std::string& name) const {
  if (kinds_ == 0) return arrow::field(name, arrow::utf8());
  if (!std::has_single_bit(kinds_)) return JsonTextField(name);
  switch (kinds_) {
    case kBool:
      return arrow::field(name, arrow::boolean());
    case kObject:
      return ObjectField(name);
    case kArray: {
      const auto item =
          item_ == nullptr ? arrow::field("item", arrow::utf8()) : item_->field("item");
      if (IsJsonText(*item)) return JsonTextField(name);
      return arrow::field(name, arrow::list(item));
    }
    default: {
      const auto type = guess_.type();
      return type == nullptr ? JsonTextField(name) : arrow::field(name, type);
    }
  }
}

}  // namespace formats
