#include "source/spec.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <regex>
#include <vector>

#include "base/error.h"
#include "source/spec_fields.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;

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

std::string FieldNames() {
  std::string names;
  for (const SpecField& field : SpecFields()) {
    names += (names.empty() ? "" : ", ") + std::string(field.name);
  }
  return names;
}

// Without the value, which may be a secret: keys that this plugin does not have are often those of
// credentials.
arrow::Status UnknownKey(const std::string& key) {
  const auto fields = SpecFields();
  const auto nearest =
      std::min_element(fields.begin(), fields.end(), [&](const SpecField& a, const SpecField& b) {
        return EditDistance(key, a.name) < EditDistance(key, b.name);
      });
  std::string message = "spec: unknown key \"" + key + "\".";
  if (EditDistance(key, nearest->name) <= 2) {
    message += " Did you mean \"" + std::string(nearest->name) + "\"?";
  }
  return ConfigError(message + " Allowed keys are " + FieldNames() + ".");
}

arrow::Status BadValue(const SpecField& field, const Json& value) {
  const std::string advice =
      field.advice != nullptr && value.is_string() ? field.advice(value.get<std::string>()) : "";
  const std::string found =
      field.may_be_secret && !value.is_null() ? "not valid (its value is not shown)" : Shown(value);
  return ConfigError("spec: " + std::string(field.name) + " is " + found + ". It must be " +
                     std::string(field.allowed) + "." + (advice.empty() ? "" : " " + advice));
}

// The meaning of the JSON Schema keywords that the table uses.
bool Satisfies(const Json& constraints, const Json& value) {
  for (const auto& [keyword, limit] : constraints.items()) {
    const bool holds =
        keyword == "minLength" ? value.get_ref<const std::string&>().size() >= limit.get<size_t>()
        : keyword == "pattern" ? std::regex_search(value.get_ref<const std::string&>(),
                                                   std::regex(limit.get<std::string>()))
        : keyword == "minimum" ? value.get<double>() >= limit.get<double>()
        : keyword == "maximum" ? value.get<double>() <= limit.get<double>()
        : keyword == "enum"    ? std::find(limit.begin(), limit.end(), value) != limit.end()
        : keyword == "const"   ? value == limit
                               : !Satisfies(limit, value);  // not
    if (!holds) return false;
  }
  return true;
}

// One per type of field: does the JSON value have the type, and its name in JSON Schema.
bool HasType(const Json& value, std::string Spec::*) { return value.is_string(); }
bool HasType(const Json& value, bool Spec::*) { return value.is_boolean(); }
bool HasType(const Json& value, int64_t Spec::*) {
  // Numbers reach a plugin through float64, so 500 may come as 500.0.
  return value.is_number() && std::trunc(value.get<double>()) == value.get<double>();
}
std::string_view TypeName(std::string Spec::*) { return "string"; }
std::string_view TypeName(bool Spec::*) { return "boolean"; }
std::string_view TypeName(int64_t Spec::*) { return "integer"; }

arrow::Status ReadField(const SpecField& field, const Json& value, Spec* spec) {
  return std::visit(
      [&](auto member) -> arrow::Status {
        if (!HasType(value, member) || !Satisfies(field.constraints, value)) {
          return BadValue(field, value);
        }
        value.get_to(spec->*member);
        return arrow::Status::OK();
      },
      field.member);
}

bool IsSet(const SpecField& field, const Spec& spec) {
  return std::visit([&](auto member) { return spec.*member != Spec{}.*member; }, field.member);
}

const SpecField& FieldOf(std::string_view name) {
  const auto fields = SpecFields();
  return *std::find_if(fields.begin(), fields.end(),
                       [&](const SpecField& field) { return field.name == name; });
}

arrow::Status CheckExclusions(const Spec& spec) {
  for (const Exclusion& pair : Exclusions()) {
    if (!IsSet(FieldOf(pair.one), spec) || !IsSet(FieldOf(pair.other), spec)) continue;
    return ConfigError("spec: " + std::string(pair.one) + " and " + std::string(pair.other) +
                       " exclude each other. " + std::string(pair.why) + " Remove one of them.");
  }
  return arrow::Status::OK();
}

Json DefaultOf(const SpecField& field) {
  return std::visit([](auto member) { return Json(Spec{}.*member); }, field.member);
}

std::string_view TypeOf(const SpecField& field) {
  return std::visit([](auto member) { return TypeName(member); }, field.member);
}

}  // namespace

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
  const auto fields = SpecFields();
  for (const auto& [key, value] : parsed.items()) {
    const bool known =
        std::any_of(fields.begin(), fields.end(),
                    [&name = key](const SpecField& field) { return field.name == name; });
    if (!known) return UnknownKey(key);
  }
  Spec spec;
  for (const SpecField& field : fields) {
    const auto value = parsed.find(std::string(field.name));
    if (value != parsed.end()) {
      if (!field.needs.empty() && !parsed.contains(field.needs)) return BadValue(field, *value);
      ARROW_RETURN_NOT_OK(ReadField(field, *value, &spec));
    } else if (field.required) {
      return ConfigError("spec: " + std::string(field.name) + " is not set. It must be " +
                         std::string(field.allowed) + ".");
    }
  }
  ARROW_RETURN_NOT_OK(CheckExclusions(spec));
  return spec;
}

std::string SpecJsonSchema() {
  Json properties = Json::object(), required = Json::array(), needs = Json::object();
  for (const SpecField& field : SpecFields()) {
    Json property = {
        {"type", TypeOf(field)}, {"title", field.title}, {"description", field.description}};
    property["default"] = DefaultOf(field);
    property["examples"] = field.examples;
    property.update(field.constraints);
    for (const auto& [pattern, meant] : field.instead) {
      property["allOf"].push_back(
          {{"if", {{"type", "string"}, {"pattern", pattern}}}, {"then", {{"const", meant}}}});
    }
    properties[std::string(field.name)] = std::move(property);
    if (field.required) required.push_back(field.name);
    if (!field.needs.empty()) needs[std::string(field.name)] = {field.needs};
  }
  Json exclusions = Json::array();
  for (const Exclusion& pair : Exclusions()) {
    const Json default_of_one = DefaultOf(FieldOf(pair.one));
    const Json default_of_other = DefaultOf(FieldOf(pair.other));
    // Rather than one "not" around both, so that validators name a field.
    exclusions.push_back(
        {{"if",
          {{"required", Json::array({pair.one})},
           {"properties", {{std::string(pair.one), {{"not", {{"const", default_of_one}}}}}}}}},
         {"then", {{"properties", {{std::string(pair.other), {{"const", default_of_other}}}}}}}});
  }
  const Json schema = {
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"title", "CloudQuery S3 source"},
      {"description", "Where the S3 source finds its objects, and how it reads them."},
      {"type", "object"},
      {"properties", std::move(properties)},
      {"required", std::move(required)},
      {"dependentRequired", std::move(needs)},
      {"allOf", std::move(exclusions)},
      {"additionalProperties", false}};
  return schema.dump();
}

std::string SpecReference() {
  std::string page = "| field | type | default | allowed | meaning |\n|---|---|---|---|---|\n";
  for (const SpecField& field : SpecFields()) {
    const std::string fallback = field.required ? "required" : "`" + DefaultOf(field).dump() + "`";
    page += "| `" + std::string(field.name) + "` | " + std::string(TypeOf(field)) + " | " +
            fallback + " | " + std::string(field.allowed) + " | " + std::string(field.description) +
            " |\n";
  }
  return page;
}

}  // namespace source
