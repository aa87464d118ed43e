#include "formats/text/learnt_types.h"

#include "arrow/util/checked_cast.h"
#include "arrow/util/key_value_metadata.h"
#include "base/text.h"

namespace formats {
namespace {

using arrow::internal::checked_cast;

// One key for each column, in their order.
std::vector<std::string> KeysOf(const std::vector<std::string>& names) {
  std::map<std::string, int> seen;
  std::vector<std::string> keys;
  for (const std::string& name : names) {
    std::string key = base::ToLowerAscii(name);
    const int earlier = seen[key]++;
    keys.push_back(std::move(key) + '\0' + std::to_string(earlier));
  }
  return keys;
}

bool IsInferred(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT64:
    case arrow::Type::DOUBLE:
    case arrow::Type::DATE32:
      return true;
    case arrow::Type::TIMESTAMP: {
      const auto& timestamp = checked_cast<const arrow::TimestampType&>(type);
      return timestamp.unit() >= arrow::TimeUnit::MICRO &&
             (timestamp.timezone().empty() || timestamp.timezone() == "UTC");
    }
    default:
      return false;
  }
}

}  // namespace

std::shared_ptr<arrow::DataType> AnnouncedType(const arrow::Field& field) {
  if (field.type()->id() == arrow::Type::NA) return nullptr;
  if (field.metadata() != nullptr && field.metadata()->Contains("cq:null_typed")) return nullptr;
  return IsInferred(*field.type()) ? field.type() : arrow::utf8();
}

void LearntTypes::Learn(const std::vector<std::string>& names,
                        const std::vector<TypeGuess>& guesses) {
  const auto keys = KeysOf(names);
  const std::lock_guard lock(mutex_);
  if (is_settled_) return;
  for (size_t i = 0; i < keys.size(); ++i) guesses_[keys[i]].Merge(guesses[i]);
}

void LearntTypes::Settle(const KnownColumns& known) {
  const std::lock_guard lock(mutex_);
  is_settled_ = true;
  for (const auto& [key, guess] : guesses_) {
    const auto type = guess.type();
    // A column without values is text, so that any value that comes later fits.
    types_[key] = type == nullptr || type->id() == arrow::Type::NA ? arrow::utf8() : type;
  }
  for (const auto& schema : known.announced) {
    const auto keys = KeysOf(schema->field_names());
    for (size_t i = 0; i < keys.size(); ++i) {
      auto type = AnnouncedType(*schema->field(static_cast<int>(i)));
      if (type != nullptr) types_[keys[i]] = std::move(type);
    }
  }
  for (const std::string& name : known.as_text) types_[KeysOf({name})[0]] = arrow::utf8();
  for (const std::string& name : known.as_json) types_[KeysOf({name})[0]] = arrow::utf8();
}

bool LearntTypes::is_settled() const {
  const std::lock_guard lock(mutex_);
  return is_settled_;
}

std::shared_ptr<arrow::Schema> LearntTypes::SchemaOf(const std::vector<std::string>& names) const {
  const auto keys = KeysOf(names);
  arrow::FieldVector fields;
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto known = types_.find(keys[i]);
    fields.push_back(arrow::field(names[i], known == types_.end() ? arrow::utf8() : known->second));
  }
  return arrow::schema(std::move(fields));
}

}  // namespace formats
