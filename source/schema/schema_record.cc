#include "source/schema/schema_record.h"

#include <nlohmann/json.hpp>

#include "arrow/buffer.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/dictionary.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
#include "arrow/util/base64.h"
#include "base/error.h"
#include "cloudquery/types/described_columns.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

arrow::Status Corrupt(const std::string& what) {
  return base::MakeError(base::ErrorKind::kCorrupt, what);
}

arrow::Result<std::shared_ptr<arrow::Schema>> DecodeSchema(const std::string& text) {
  ARROW_ASSIGN_OR_RAISE(std::string bytes, arrow::util::base64_decode(text));
  arrow::io::BufferReader reader(arrow::Buffer::FromString(std::move(bytes)));
  arrow::ipc::DictionaryMemo dictionaries;
  return arrow::ipc::ReadSchema(&reader, &dictionaries);
}

}  // namespace

arrow::Result<std::string> FormatSchemaRecord(const SchemaRecord& record) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, arrow::ipc::SerializeSchema(*record.columns));
  Json columns = Json::object();
  for (const auto& field : record.columns->fields()) {
    columns[field->name()] = cloudquery::DescribedTypeText(*field);
  }
  const bool json = record.nested_lists == cloudquery::NestedLists::kJson;
  const Json text = {{"version", kVersion},
                     {"nested_lists", json ? "json" : "list"},
                     {"columns", std::move(columns)},
                     {"schema", arrow::util::base64_encode(bytes->ToString())}};
  // Names may be any bytes.
  return text.dump(-1, ' ', false, Json::error_handler_t::replace);
}

arrow::Result<SchemaRecord> ParseSchemaRecord(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Corrupt("it is not a JSON object");
  const auto version = json.find("version");
  if (version == json.end() || !version->is_number_integer()) return Corrupt("it has no version");
  if (*version != kVersion) {
    return base::MakeError(
        base::ErrorKind::kUnsupported,
        "it has version " + version->dump() + ", which a newer version of the plugin wrote");
  }
  const auto schema = json.find("schema"), nested_lists = json.find("nested_lists");
  const bool has_all = schema != json.end() && schema->is_string() && nested_lists != json.end() &&
                       (*nested_lists == "json" || *nested_lists == "list");
  if (!has_all) return Corrupt("it lacks schema or nested_lists");
  auto columns = DecodeSchema(schema->get<std::string>());
  if (!columns.ok()) return Corrupt("its schema is not readable: " + columns.status().message());
  return SchemaRecord{.columns = *std::move(columns),
                      .nested_lists = *nested_lists == "json" ? cloudquery::NestedLists::kJson
                                                              : cloudquery::NestedLists::kList};
}

}  // namespace source
