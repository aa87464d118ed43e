#include "source/unknown_columns.h"

#include <map>

#include "base/text.h"

namespace source {
namespace {

// Whether any table has a column of the name.
using Used = std::map<std::string, bool>;

// `found` is empty where nothing is known.
void Note(const PlannedTable& table, const std::string& name, const std::vector<bool>& found,
          size_t index, Used* used) {
  bool& is_used = (*used)[name];
  is_used = is_used || found.empty() || found[index] || table.extras.has(name);
}

void AddSentence(const std::string& beginning, const Used& used,
                 std::vector<std::string>* sentences) {
  std::string names;
  for (const auto& [name, is_used] : used) {
    if (!is_used) names += (names.empty() ? "" : ", ") + base::Quoted(name);
  }
  if (!names.empty()) sentences->push_back(beginning + names);
}

}  // namespace

std::vector<std::string> UnknownColumnWarnings(std::span<const PlannedTable> tables) {
  Used columns, types;
  for (const PlannedTable& table : tables) {
    if (table.schema == nullptr) continue;
    const SchemaOptions& options = table.schema_options;
    for (size_t i = 0; i < options.columns.size(); ++i) {
      Note(table, options.columns[i], table.schema->columns_found(), i, &columns);
    }
    for (size_t i = 0; i < options.types.size(); ++i) {
      Note(table, options.types[i].column, table.schema->types_found(), i, &types);
    }
  }
  std::vector<std::string> sentences;
  AddSentence("columns names what no object has: ", columns, &sentences);
  AddSentence("types has columns that no object has, so their types mean nothing: ", types,
              &sentences);
  return sentences;
}

}  // namespace source
