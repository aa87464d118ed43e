#include "source/spec/spec.h"
#include "source/spec/format_of_spec.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <regex>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "source/spec/spec_fields.h"
#include "source/tables/table_rules.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLongestName = 60;

arrow::Status ConfigError(std::string message) {
  return base::MakeError(base::ErrorKind::kConfig, std::move(message));
}

// The value as an error shows it: enough to find it, but nothing that may be a secret in the wrong
// place. A block may hold keys that nobody knows, and secrets are longer than right values.
std::string Shown(const Json& value) {
  static constexpr size_t kLongest = 20;
  if (value.is_object()) return "a block of keys and values";
  if (value.is_array()) return "a list";
  if (value.is_string() && value.get_ref<const std::string&>().size() > kLongest) {
    return "a text of more than " + std::to_string(kLongest) + " bytes";
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string NameList(std::span<const SpecField> fields) {
  std::string names;
  for (const SpecField& field : fields) {
    if (field.deprecated) continue;
    names += (names.empty() ? "" : ", ") + std::string(field.name);
  }
  return names;
}

// Without the value, which may be a secret: keys that this plugin does not have are often those of
// credentials. `where`: of the block, such as "datasets[1]"; empty: the spec itself.
arrow::Status UnknownKey(std::span<const SpecField> fields, const std::string& key,
                         const std::string& where) {
  const auto nearest = std::ranges::min_element(
      fields, {}, [&](const SpecField& field) { return EditDistance(key, field.name); });
  std::string message =
      "spec: unknown key \"" + key + "\"" + (where.empty() ? "" : " in " + where) + ".";
  if (EditDistance(key, nearest->name) <= 2) {
    message += " Did you mean \"" + std::string(nearest->name) + "\"?";
  }
  return ConfigError(message + " Allowed keys are " + NameList(fields) + ".");
}

// Where a field is, as errors name it: "datasets[1].match".
std::string Within(const std::string& where, std::string_view name) {
  return where + (where.empty() ? "" : ".") + std::string(name);
}

std::string Item(const std::string& where, size_t index) {
  return where + "[" + std::to_string(index) + "]";
}

// Of a block whose names are the user's own.
std::string Entry(const std::string& where, const std::string& name) {
  return where + "[" + base::Quoted(base::Shortened(name, kLongestName)) + "]";
}

arrow::Status BadValue(const SpecField& field, const std::string& where, const Json& value) {
  const std::string advice =
      field.advice != nullptr && value.is_string() ? field.advice(value.get<std::string>()) : "";
  const std::string found =
      field.may_be_secret && !value.is_null() ? "not valid (its value is not shown)" : Shown(value);
  return ConfigError("spec: " + where + " is " + found + ". It must be " +
                     std::string(field.allowed) + "." + (advice.empty() ? "" : " " + advice));
}

bool AllDiffer(const Json& list) {
  for (auto item = list.begin(); item != list.end(); ++item) {
    if (std::find(list.begin(), item, *item) != item) return false;
  }
  return true;
}

// The meaning of the JSON Schema keywords that the table uses.
bool Satisfies(const Json& constraints, const Json& value) {
  for (const auto& [keyword, limit] : constraints.items()) {
    const bool holds =
        keyword == "minLength"  ? value.get_ref<const std::string&>().size() >= limit.get<size_t>()
        : keyword == "pattern"  ? std::regex_search(value.get_ref<const std::string&>(),
                                                    std::regex(limit.get<std::string>()))
        : keyword == "minimum"  ? value.get<double>() >= limit.get<double>()
        : keyword == "maximum"  ? value.get<double>() <= limit.get<double>()
        : keyword == "enum"     ? std::find(limit.begin(), limit.end(), value) != limit.end()
        : keyword == "const"    ? value == limit
        : keyword == "minItems" ? value.size() >= limit.get<size_t>()
        : keyword == "uniqueItems" ? AllDiffer(value)
                                   : !Satisfies(limit, value);  // not
    if (!holds) return false;
  }
  return true;
}

bool HasType(const Json& value, const std::string&) { return value.is_string(); }
bool HasType(const Json& value, bool) { return value.is_boolean(); }
bool HasType(const Json& value, int64_t) {
  // Numbers reach a plugin through float64, so 500 may come as 500.0.
  return value.is_number() && std::trunc(value.get<double>()) == value.get<double>();
}

template <class Owner>
arrow::Status ReadObject(const Json& object, const std::string& where, Owner* out);

// One per kind of value: checks it, then stores it.
template <class Value>
arrow::Status ReadValue(const SpecField& field, const Json& value, const std::string& where,
                        Value* out) {
  if (!HasType(value, *out)) return BadValue(field, where, value);
  if constexpr (std::is_same_v<Value, std::string>) {
    if (field.problem != nullptr) {
      const std::string problem = field.problem(value.template get_ref<const std::string&>());
      if (!problem.empty()) {
        return ConfigError("spec: " + where + " is not valid: " + problem + ". It must be " +
                           std::string(field.allowed) + ".");
      }
    }
  }
  const bool is_checked = field.problem != nullptr;
  if (!is_checked && !Satisfies(field.constraints, value)) return BadValue(field, where, value);
  value.get_to(*out);
  return arrow::Status::OK();
}

arrow::Status ReadValue(const SpecField& field, const Json& value, const std::string& where,
                        TextList* out) {
  out->clear();
  if (field.or_one && value.is_string()) {
    return ReadValue(field, value, where, &out->emplace_back());
  }
  if (!value.is_array() || !Satisfies(field.list_constraints, value)) {
    return BadValue(field, where, value);
  }
  for (size_t i = 0; i < value.size(); ++i) {
    ARROW_RETURN_NOT_OK(ReadValue(field, value[i], Item(where, i), &out->emplace_back()));
  }
  return arrow::Status::OK();
}

arrow::Status ReadValue(const SpecField& field, const Json& value, const std::string& where,
                        CsvSpec* out) {
  if (!value.is_object()) return BadValue(field, where, value);
  return ReadObject(value, where, out);
}

arrow::Status ReadValue(const SpecField& field, const Json& value, const std::string& where,
                        TypeNames* out) {
  out->clear();
  if (!value.is_object() || value.contains("")) return BadValue(field, where, value);
  for (const auto& [name, type] : value.items()) {
    ARROW_RETURN_NOT_OK(ReadValue(field, type, Entry(where, name), &(*out)[name]));
  }
  return arrow::Status::OK();
}

arrow::Status ReadValue(const SpecField& field, const Json& value, const std::string& where,
                        std::vector<DatasetSpec>* out) {
  if (!value.is_array()) return BadValue(field, where, value);
  for (size_t i = 0; i < value.size(); ++i) {
    if (!value[i].is_object()) {
      return ConfigError("spec: " + Item(where, i) + " is " + Shown(value[i]) +
                         ". It must be a block of keys and values.");
    }
    ARROW_RETURN_NOT_OK(ReadObject(value[i], Item(where, i), &out->emplace_back()));
  }
  return arrow::Status::OK();
}

template <class Value>
arrow::Status ReadValue(const SpecField& field, const Json& value, const std::string& where,
                        std::optional<Value>* out) {
  return ReadValue(field, value, where, &out->emplace());
}

template <class Owner>
arrow::Status ReadObject(const Json& object, const std::string& where, Owner* out) {
  const auto fields = FieldsOf<Owner>();
  for (const auto& [key, value] : object.items()) {
    const bool known = std::ranges::any_of(
        fields, [&name = key](const SpecField& field) { return field.name == name; });
    if (!known) return UnknownKey(fields, key, where);
  }
  for (const SpecField& field : fields) {
    const std::string place = Within(where, field.name);
    const auto value = object.find(std::string(field.name));
    if (value != object.end()) {
      if (!field.needs.empty() && !object.contains(field.needs)) {
        return BadValue(field, place, *value);
      }
      ARROW_RETURN_NOT_OK(VisitMember(
          field, *out, [&](auto& member) { return ReadValue(field, *value, place, &member); }));
    } else if (field.required) {
      return ConfigError("spec: " + place + " is not set. It must be " +
                         std::string(field.allowed) + ".");
    }
  }
  return arrow::Status::OK();
}

bool IsSet(const SpecField& field, const Spec& spec) {
  const Spec untouched;
  return std::visit([&](auto member) { return spec.*member != untouched.*member; },
                    std::get<MemberOf<Spec>>(field.member));
}

arrow::Status CheckExclusions(const Spec& spec) {
  for (const Exclusion& pair : Exclusions()) {
    if (!IsSet(FieldOf(pair.one), spec) || !IsSet(FieldOf(pair.other), spec)) continue;
    return ConfigError("spec: " + std::string(pair.one) + " and " + std::string(pair.other) +
                       " exclude each other. " + std::string(pair.why) + " Remove one of them.");
  }
  return arrow::Status::OK();
}

}  // namespace

std::vector<std::string> DefaultIgnore() {
  return {"**/_*",
          "**/.*",
          "**/_temporary/**",
          "**/.hive-staging*/**",
          "**/_delta_log/**",
          "**/_spark_metadata/**",
          "**/.hoodie/**"};
}

std::vector<std::string> WarningsOf(const Spec& spec) {
  std::vector<std::string> warnings;
  for (const SpecField& field : SpecFields()) {
    if (!field.deprecated || !IsSet(field, spec)) continue;
    warnings.push_back("spec: " + std::string(field.name) +
                       " has no effect, since the state has every object that was delivered; "
                       "remove it");
  }
  return warnings;
}

bool IsEmptySpec(std::string_view json) {
  if (json.empty()) return true;
  const Json parsed = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  return parsed.is_null() || (parsed.is_object() && parsed.empty());
}

arrow::Result<Spec> ParseSpec(std::string_view json) {
  Json parsed = json.empty() ? Json() : Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_null()) parsed = Json::object();
  if (parsed.is_discarded()) return ConfigError("spec: not valid JSON.");
  if (!parsed.is_object()) return ConfigError("spec: must be a block of keys and values.");
  Spec spec;
  ARROW_RETURN_NOT_OK(ReadObject(parsed, "", &spec));
  ARROW_RETURN_NOT_OK(CheckExclusions(spec));
  ARROW_RETURN_NOT_OK(TableRules::Make(spec, FormatOf(spec)).status());
  return spec;
}

}  // namespace source
