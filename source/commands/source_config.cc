#include "source/commands/source_config.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "source/commands/yaml_json.h"

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

// A document of a file: a source, a destination or a bare spec.
struct Document {
  const std::string* file;
  std::string text;
  size_t index;
  /// "source", "destination"; empty: a bare spec.
  std::string kind;
  std::string name;
};

arrow::Status InFile(const std::string& file, const arrow::Status& status) {
  return base::MakeError(base::InfoOf(status), file + ": " + base::MessageOf(status));
}

arrow::Status AddDocuments(const std::string& file, std::vector<Document>* found) {
  ARROW_ASSIGN_OR_RAISE(const std::string text, ReadFile(file));
  const auto documents = ParseYaml(text, KeepVariable);
  if (!documents.ok()) return InFile(file, documents.status());
  for (size_t i = 0; i < documents->size(); ++i) {
    const Json& document = (*documents)[i];
    if (!document.is_object()) continue;
    const std::string kind = TextOf(document, "kind");
    found->push_back({&file, text, i, kind, TextOf(document.value("spec", Json()), "name")});
  }
  return arrow::Status::OK();
}

// The document with values in place of its variables.
arrow::Result<Json> Expanded(const Document& document, const Environment& environment) {
  const auto all = ParseYaml(
      document.text, [&](size_t index, const std::string& variable) -> arrow::Result<std::string> {
        if (index != document.index) return KeepVariable(index, variable);
        return ValueOf(variable, environment);
      });
  if (!all.ok()) return InFile(*document.file, all.status());
  return (*all)[document.index];
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

// "postgresql" of "@@plugins.postgresql.connection"; empty: it is an address.
std::string PluginNamedIn(std::string_view connection) {
  constexpr std::string_view kBegin = "@@plugins.", kEnd = ".connection";
  if (!connection.starts_with(kBegin) || !connection.ends_with(kEnd)) return "";
  connection.remove_prefix(kBegin.size());
  return std::string(connection.substr(0, connection.size() - kEnd.size()));
}

arrow::Status AddBackendPlugin(const std::vector<Document>& documents,
                               const Environment& environment, SourceConfig* config) {
  const std::string name = PluginNamedIn(config->backend->connection);
  for (const Document& document : documents) {
    if (name.empty() || document.kind != "destination" || document.name != name) continue;
    ARROW_ASSIGN_OR_RAISE(const Json expanded, Expanded(document, environment));
    const Json spec = expanded.value("spec", Json::object());
    config->backend_plugin = {.name = name,
                              .registry = TextOf(spec, "registry"),
                              .path = TextOf(spec, "path"),
                              .version = TextOf(spec, "version"),
                              .spec_json = Dump(spec.value("spec", Json::object()))};
  }
  return arrow::Status::OK();
}

arrow::Result<const Document*> ChooseSource(const std::vector<Document>& documents,
                                            const std::string& name,
                                            const std::vector<std::string>& files) {
  std::string names;
  std::vector<const Document*> chosen;
  for (const Document& document : documents) {
    if (document.kind != "source" && !document.kind.empty()) continue;
    names += (names.empty() ? "" : ", ") + Quoted(document.name);
    if (name.empty() || document.name == name) chosen.push_back(&document);
  }
  if (names.empty()) return ConfigError("there is no source (kind: source) in " + files.front());
  if (chosen.empty()) return ConfigError("there is no source " + Quoted(name) + ", only " + names);
  if (chosen.size() == 1) return chosen.front();
  return ConfigError("there are several sources: " + names + ". Choose one with --source");
}

}  // namespace

arrow::Result<SourceConfig> LoadSourceConfig(const std::vector<std::string>& files,
                                             const std::string& name,
                                             const Environment& environment, bool with_backend) {
  std::vector<Document> documents;
  for (const std::string& file : files) ARROW_RETURN_NOT_OK(AddDocuments(file, &documents));
  ARROW_ASSIGN_OR_RAISE(const Document* chosen, ChooseSource(documents, name, files));
  ARROW_ASSIGN_OR_RAISE(const Json document, Expanded(*chosen, environment));
  auto config = ConfigOf(document);
  if (!config.ok()) return InFile(*chosen->file, config.status());
  if (with_backend && config->backend) {
    ARROW_RETURN_NOT_OK(AddBackendPlugin(documents, environment, &*config));
  }
  return config;
}

}  // namespace source
