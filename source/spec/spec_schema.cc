// What the table of fields says to validators and readers.
#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "source/spec/spec.h"
#include "source/spec/spec_fields.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;

template <class Owner>
Json ObjectSchema();

// One per kind of value: its type for JSON Schema, and for people.
Json TypeSchema(const std::string&) { return {{"type", "string"}}; }
Json TypeSchema(bool) { return {{"type", "boolean"}}; }
Json TypeSchema(int64_t) { return {{"type", "integer"}}; }
Json TypeSchema(const TextList&) { return {{"type", "array"}}; }
Json TypeSchema(const TypeNames&) {
  return {{"type", "object"}, {"propertyNames", {{"minLength", 1}}}};
}
Json TypeSchema(const std::vector<DatasetSpec>&) {
  return {{"type", "array"}, {"items", ObjectSchema<DatasetSpec>()}};
}
Json TypeSchema(const CsvSpec&) { return ObjectSchema<CsvSpec>(); }
template <class Value>
Json TypeSchema(const std::optional<Value>&) {
  return TypeSchema(Value{});
}

std::string TypeName(const std::string&) { return "string"; }
std::string TypeName(bool) { return "boolean"; }
std::string TypeName(int64_t) { return "integer"; }
std::string TypeName(const TextList&) { return "list of strings"; }
std::string TypeName(const TypeNames&) { return "block of strings"; }
std::string TypeName(const std::vector<DatasetSpec>&) { return "list of datasets"; }
std::string TypeName(const CsvSpec&) { return "block"; }
template <class Value>
std::string TypeName(const std::optional<Value>&) {
  return TypeName(Value{});
}

Json ToJson(const auto& value) { return value; }
Json ToJson(const std::vector<DatasetSpec>&) { return Json::array(); }
Json ToJson(const CsvSpec&) { return Json::object(); }

// Calls `use` with the field's member of an Owner that nothing was set in.
template <class Owner>
auto VisitDefault(const SpecField& field, auto use) {
  const Owner untouched{};
  return VisitMember(field, untouched, use);
}

// None: it is not set then.
template <class Owner>
std::optional<Json> DefaultOf(const SpecField& field) {
  if (field.required && !std::is_same_v<Owner, Spec>) return std::nullopt;
  return VisitDefault<Owner>(field, [](const auto& value) -> std::optional<Json> {
    if constexpr (requires { value.has_value(); }) {
      return std::nullopt;
    } else {
      return ToJson(value);
    }
  });
}

template <class Owner>
Json PropertySchema(const SpecField& field) {
  Json property = VisitDefault<Owner>(field, [](const auto& value) { return TypeSchema(value); });
  property["title"] = field.title;
  property["description"] = field.description;
  if (const auto value = DefaultOf<Owner>(field)) property["default"] = *value;
  property["examples"] = field.examples;
  if (field.deprecated) property["deprecated"] = true;
  const bool is_list = property["type"] == "array";
  if (is_list && !property.contains("items")) {
    property["items"] = {{"type", "string"}};
    property["items"].update(field.constraints);
    property.update(field.list_constraints);
    if (field.or_one) {
      property["type"] = {"string", "array"};
      property["if"] = {{"type", "string"}};
      property["then"] = field.constraints;
    }
  }
  if (property["type"] == "object") {
    property["additionalProperties"] = {{"type", "string"}};
    property["additionalProperties"].update(field.constraints);
  } else if (!is_list) {
    property.update(field.constraints);
  }
  for (const auto& [pattern, meant] : field.instead) {
    property["allOf"].push_back(
        {{"if", {{"type", "string"}, {"pattern", pattern}}}, {"then", {{"const", meant}}}});
  }
  return property;
}

template <class Owner>
Json ObjectSchema() {
  Json properties = Json::object(), required = Json::array(), needs = Json::object();
  for (const auto& field : FieldsOf<Owner>()) {
    properties[std::string(field.name)] = PropertySchema<Owner>(field);
    if (field.required) required.push_back(field.name);
    if (!field.needs.empty()) needs[std::string(field.name)] = {field.needs};
  }
  Json schema = {
      {"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
  if (!needs.empty()) schema["dependentRequired"] = std::move(needs);
  schema["additionalProperties"] = false;
  return schema;
}

template <class Owner>
std::string Reference() {
  std::string page = "| field | type | default | allowed | meaning |\n|---|---|---|---|---|\n";
  for (const auto& field : FieldsOf<Owner>()) {
    if (field.deprecated) continue;
    const auto value = DefaultOf<Owner>(field);
    const std::string fallback = field.required ? "required"
                                 : value        ? "`" + value->dump() + "`"
                                                : "as in the spec";
    const std::string type = VisitDefault<Owner>(field, [](const auto& v) { return TypeName(v); });
    page += "| `" + std::string(field.name) + "` | " + (field.or_one ? "string or " : "") + type +
            " | " + fallback + " | " + std::string(field.allowed) + " | " +
            std::string(field.description) + " |\n";
  }
  return page;
}

}  // namespace

const SpecField& FieldOf(std::string_view name) {
  return *std::ranges::find(SpecFields(), name, &SpecField::name);
}

std::string SpecJsonSchema() {
  Json exclusions = Json::array();
  for (const Exclusion& pair : Exclusions()) {
    const Json default_of_one = *DefaultOf<Spec>(FieldOf(pair.one));
    const Json default_of_other = *DefaultOf<Spec>(FieldOf(pair.other));
    // Rather than one "not" around both, so that validators name a field.
    exclusions.push_back(
        {{"if",
          {{"required", Json::array({pair.one})},
           {"properties", {{std::string(pair.one), {{"not", {{"const", default_of_one}}}}}}}}},
         {"then", {{"properties", {{std::string(pair.other), {{"const", default_of_other}}}}}}}});
  }
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "CloudQuery S3 source"},
                 {"description", "Where the S3 source finds its objects, and how it reads them."}};
  schema.update(ObjectSchema<Spec>());
  schema["allOf"] = std::move(exclusions);
  return schema.dump();
}

std::string SpecReference() { return Reference<Spec>(); }

std::string DatasetReference() { return Reference<DatasetSpec>(); }

std::string CsvReference() { return Reference<CsvSpec>(); }

}  // namespace source
