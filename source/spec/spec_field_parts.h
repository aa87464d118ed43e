// What the tables of fields (source/spec/spec_fields.h) have in common: what values are allowed,
// for people and as JSON Schema keywords.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "source/schema/column_types.h"
#include "source/spec/spec_fields.h"
#include "source/tables/key_pattern.h"

namespace source {

using Json = nlohmann::ordered_json;

inline constexpr int64_t kMaxCount = std::numeric_limits<int32_t>::max();

inline constexpr std::string_view kMatchAllowed =
    "a pattern of whole keys, or a list of them: * stands for characters of one folder or file "
    "name, ** for any characters, ? for one, {name} for a column";
inline constexpr std::string_view kColumnsAllowed = "a list of columns, each once";
inline constexpr std::string_view kIgnoreAllowed =
    "a list of patterns of whole keys, such as those of match in a dataset";
inline constexpr std::string_view kMetadataAllowed =
    "a list of \"key\", \"last_modified\", \"etag\", \"size\" and \"row\", each once";

inline const std::string& TypesAllowed() {
  static const std::string allowed =
      std::string("a block of columns, each with a type: ") + kColumnTypeNames;
  return allowed;
}

inline Json TypeExamples() {
  return Json::array({{{"amount", "decimal(18,2)"}, {"created", "timestamp"}},
                      {{"order.price", "double"}, {"tags", "json"}}});
}

inline Json PatternConstraints() {
  return {{"pattern", kKeyPatternPattern}, {"not", {{"pattern", kNotAKeyPatternPattern}}}};
}

inline Json MetadataNames() { return {{"enum", {"key", "last_modified", "etag", "size", "row"}}}; }

inline constexpr std::string_view kFiletypeAllowed = R"("parquet", "csv", "jsonl" or "auto")";
inline constexpr std::string_view kCompressionAllowed =
    R"("auto", "none", "gzip", "zstd", "bzip2" or "lz4")";
inline constexpr std::string_view kInferAllowed = R"("sample", "full" or "text")";
inline constexpr std::string_view kOnMalformedRowAllowed = R"("fail_object" or "skip")";
inline constexpr std::string_view kOneByteAllowed = "one ASCII character, or an empty text";

inline Json Filetypes() { return {{"enum", {"parquet", "csv", "jsonl", "auto"}}}; }
inline Json Compressions() { return {{"enum", {"auto", "none", "gzip", "zstd", "bzip2", "lz4"}}}; }
inline Json Inferences() { return {{"enum", {"sample", "full", "text"}}}; }
inline Json MalformedRows() { return {{"enum", {"fail_object", "skip"}}}; }
// Not of the line ends.
inline Json OneByte() { return {{"pattern", "^[\t -~]?$"}}; }

std::vector<SpecField> MakeDatasetFields();
std::vector<SpecField> MakeCsvFields();

}  // namespace source
