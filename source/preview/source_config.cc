#include "source/preview/source_config.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "source/preview/yaml_json.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;
using base::Quoted;

arrow::Status ConfigError(const std::string& text) {
  return base::MakeError(base::ErrorKind::kConfig, text);
}

arrow::Result<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return ConfigError("cannot read the file " + Quoted(path));
  return text;
}

arrow::Result<std::string> ValueOf(const std::string& variable, const Environment& environment) {
  if (variable.starts_with("file:")) return ReadFile(variable.substr(5));
  if (variable.starts_with("time:")) {
    return ConfigError("${" + variable + "} is not supported here. Write the time itself");
  }
  auto value = environment(variable);
  if (!value) return ConfigError("the environment variable " + variable + " is not set");
  return *std::move(value);
}

// Empty where the field is missing or no text.
std::string TextOf(const Json& object, const std::string& field) {
  if (!object.is_object() || !object.contains(field) || !object[field].is_string()) return "";
  return object[field].get<std::string>();
}

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A document of a file whose source may be meant.
struct Candidate {
  const std::string* file;
  std::string text;
  size_t document;
  std::string name;
};

arrow::Status InFile(const std::string& file, const arrow::Status& status) {
  return base::MakeError(base::InfoOf(status), file + ": " + base::MessageOf(status));
}

arrow::Status AddCandidates(const std::string& file, std::vector<Candidate>* candidates) {
  ARROW_ASSIGN_OR_RAISE(const std::string text, ReadFile(file));
  const auto documents = ParseYaml(text, KeepVariable);
  if (!documents.ok()) return InFile(file, documents.status());
  for (size_t i = 0; i < documents->size(); ++i) {
    const Json& document = (*documents)[i];
    if (!document.is_object()) continue;
    if (!document.contains("kind")) {
      candidates->push_back({&file, text, i, ""});
    } else if (document["kind"] == "source") {
      candidates->push_back({&file, text, i, TextOf(document.value("spec", Json()), "name")});
    }
  }
  return arrow::Status::OK();
}

arrow::Result<std::vector<std::string>> TextsOf(const Json& spec, const std::string& field,
                                                std::vector<std::string> otherwise) {
  if (!spec.contains(field) || spec[field].is_null()) return otherwise;
  if (!spec[field].is_array()) return ConfigError(field + " must be a list of texts");
  std::vector<std::string> texts;
  for (const Json& item : spec[field]) {
    if (!item.is_string()) return ConfigError(field + " must be a list of texts");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

arrow::Result<SourceConfig> ConfigOf(const Json& document) {
  SourceConfig config;
  if (!document.contains("kind")) {
    config.spec_json = Dump(document);
    return config;
  }
  const Json spec = document.value("spec", Json::object());
  if (!spec.is_object()) return ConfigError("spec of the source must be a block of fields");
  config.name = TextOf(spec, "name");
  config.spec_json = Dump(spec.value("spec", Json::object()));
  ARROW_ASSIGN_OR_RAISE(config.filter.tables, TextsOf(spec, "tables", {"*"}));
  ARROW_ASSIGN_OR_RAISE(config.filter.skip_tables, TextsOf(spec, "skip_tables", {}));
  const Json backend = spec.value("backend_options", Json());
  if (backend.is_object()) {
    config.backend = {.table_name = TextOf(backend, "table_name"),
                      .connection = TextOf(backend, "connection")};
  }
  return config;
}

}  // namespace

arrow::Result<SourceConfig> LoadSourceConfig(const std::vector<std::string>& files,
                                             const std::string& name,
                                             const Environment& environment) {
  std::vector<Candidate> candidates;
  for (const std::string& file : files) ARROW_RETURN_NOT_OK(AddCandidates(file, &candidates));
  std::string names;
  for (const Candidate& candidate : candidates) {
    names += (names.empty() ? "" : ", ") + Quoted(candidate.name);
  }
  if (!name.empty()) {
    std::erase_if(candidates, [&](const Candidate& candidate) { return candidate.name != name; });
  }
  if (candidates.empty()) {
    return ConfigError(names.empty() ? "there is no source (kind: source) in " + files.front()
                                     : "there is no source " + Quoted(name) + ", only " + names);
  }
  if (candidates.size() > 1) {
    return ConfigError("there are several sources: " + names + ". Choose one with --source");
  }
  const Candidate& chosen = candidates.front();
  const auto documents = ParseYaml(
      chosen.text, [&](size_t document, const std::string& variable) -> arrow::Result<std::string> {
        if (document != chosen.document) return KeepVariable(document, variable);
        return ValueOf(variable, environment);
      });
  if (!documents.ok()) return InFile(*chosen.file, documents.status());
  auto config = ConfigOf((*documents)[chosen.document]);
  return config.ok() ? config : InFile(*chosen.file, config.status());
}

}  // namespace source
