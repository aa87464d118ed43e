#include "formats/jsonl/learnt_json.h"

#include <set>

#include "arrow/util/key_value_metadata.h"
#include "base/text.h"
#include "formats/text/learnt_types.h"

namespace formats {
namespace {

// CloudQuery's JSON type is that of the values that were sent.
bool WasJson(const arrow::Field& field) {
  return field.metadata() != nullptr &&
         field.metadata()->Get("ARROW:extension:name").ValueOr("") == "json";
}

// The field that values are read as, to be sent as `announced`; null: there was no value.
std::shared_ptr<arrow::Field> ReadAs(const arrow::Field& announced) {
  const std::string& name = announced.name();
  if (WasJson(announced)) return JsonTextField(name);
  if (announced.type()->id() == arrow::Type::STRUCT) {
    arrow::FieldVector fields;
    for (const auto& field : announced.type()->fields()) {
      auto read = ReadAs(*field);
      fields.push_back(read != nullptr ? std::move(read)
                                       : arrow::field(field->name(), arrow::utf8()));
    }
    return arrow::field(name, arrow::struct_(std::move(fields)));
  }
  if (announced.type()->id() == arrow::Type::LIST) {
    auto item = ReadAs(*announced.type()->field(0));
    return arrow::field(
        name, arrow::list(item != nullptr ? std::move(item) : arrow::field("item", arrow::utf8())));
  }
  auto type = AnnouncedType(announced);
  return type == nullptr ? nullptr : arrow::field(name, std::move(type));
}

// The field, or one inside it, as text or JSON, if `path` is its name.
std::shared_ptr<arrow::Field> WithType(const std::shared_ptr<arrow::Field>& field,
                                       std::string_view path, bool as_json) {
  const std::string& name = field->name();
  if (base::EqualsIgnoringAsciiCase(path, name)) {
    return as_json ? JsonTextField(name) : arrow::field(name, arrow::utf8());
  }
  const bool is_inside = path.size() > name.size() && path[name.size()] == '.' &&
                         base::EqualsIgnoringAsciiCase(path.substr(0, name.size()), name);
  if (!is_inside || field->type()->id() != arrow::Type::STRUCT) return field;
  arrow::FieldVector fields;
  for (const auto& inner : field->type()->fields()) {
    fields.push_back(WithType(inner, path.substr(name.size() + 1), as_json));
  }
  return field->WithType(arrow::struct_(std::move(fields)));
}

}  // namespace

JsonGuess* JsonColumns::Find(const std::string& name) {
  const auto [known, is_new] = guesses_.try_emplace(name);
  if (is_new) names_.push_back(name);
  return &known->second;
}

void JsonColumns::Merge(const JsonColumns& other) {
  for (const std::string& name : other.names_) Find(name)->Merge(other.guesses_.at(name));
}

void LearntJson::Learn(const JsonColumns& columns) {
  const std::lock_guard lock(mutex_);
  if (!is_settled_) learnt_.Merge(columns);
}

void LearntJson::Settle(const KnownColumns& known) {
  const std::lock_guard lock(mutex_);
  is_settled_ = true;
  for (const auto& [name, guess] : learnt_.guesses()) {
    types_[name] = all_text_ ? arrow::field(name, arrow::utf8()) : guess.field(name);
  }
  for (const auto& schema : known.announced) {
    for (const auto& field : schema->fields()) {
      if (auto read = ReadAs(*field)) types_[field->name()] = std::move(read);
    }
  }
  const auto give = [&](const std::vector<std::string>& paths, bool as_json) {
    for (const std::string& path : paths) {
      for (auto& [name, field] : types_) field = WithType(field, path, as_json);
    }
  };
  give(known.as_text, false);
  give(known.as_json, true);
}

bool LearntJson::is_settled() const {
  const std::lock_guard lock(mutex_);
  return is_settled_;
}

std::shared_ptr<arrow::Schema> LearntJson::SchemaOf(const std::vector<std::string>& names) const {
  arrow::FieldVector fields;
  std::set<std::string_view> seen;
  const std::lock_guard lock(mutex_);
  for (const std::string& name : names) {
    const auto known = types_.find(name);
    fields.push_back(known == types_.end() ? arrow::field(name, arrow::utf8()) : known->second);
    seen.insert(name);
  }
  for (const auto& [name, field] : types_) {
    if (!seen.contains(name)) fields.push_back(field);
  }
  return arrow::schema(std::move(fields));
}

}  // namespace formats
