#include "source/schema/schema_union.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "cloudquery/types/described_columns.h"
#include "source/schema/type_union.h"

namespace source {
namespace {

using FieldPtr = std::shared_ptr<arrow::Field>;
using Sources = std::vector<SchemaSource>;
using cloudquery::WithNote;

constexpr char kNothing[] = "nothing";

struct Column {
  std::string name;
  std::vector<TypeVariant> with_rows;
  std::vector<TypeVariant> without_rows;
  bool remembered = false;
  // It was announced although it never had a value, so a type that no row has is no reason to
  // migrate it.
  bool remembered_null = false;
};

bool IsNullTyped(const TypeVariant& type) {
  return !cloudquery::Note(*type.field, cloudquery::kNullTypedKey).empty();
}

// The names of all columns, then the types that each of them has.
std::vector<Column> Collect(const Sources& sources, bool fold_case) {
  std::vector<std::string> names;
  for (const SchemaSource& source : sources) {
    const auto own = source.columns->field_names();
    const auto places = MatchNames(names, own, fold_case);
    for (size_t i = 0; i < own.size(); ++i) {
      if (!places[i]) names.push_back(own[i]);
    }
  }
  std::vector<Column> columns(names.size());
  for (size_t i = 0; i < names.size(); ++i) columns[i].name = names[i];
  for (size_t s = 0; s < sources.size(); ++s) {
    const auto places = MatchNames(names, sources[s].columns->field_names(), fold_case);
    for (size_t i = 0; i < places.size(); ++i) {
      const FieldPtr& field = sources[s].columns->field(static_cast<int>(i));
      const bool weak = !sources[s].has_rows || !cloudquery::Note(*field, kWithoutRowsKey).empty();
      Column& column = columns[*places[i]];
      column.remembered = column.remembered || sources[s].remembered;
      auto& types = weak ? column.without_rows : column.with_rows;
      types.push_back({WithNote(*field, kWithoutRowsKey, ""), {s}});
      column.remembered_null =
          column.remembered_null || (sources[s].remembered && IsNullTyped(types.back()));
    }
  }
  return columns;
}

ColumnConflict InWords(const TypeConflict& conflict) {
  ColumnConflict told{.column = conflict.path};
  for (const TypeVariant& variant : conflict.variants) {
    told.types.push_back({cloudquery::DescribedTypeText(*variant.field), variant.sources});
  }
  std::ranges::sort(told.types, {}, [](const auto& type) { return type.sources.front(); });
  return told;
}

// Types that no row has: united if they can be, else that of the first source.
FieldPtr UniteWithoutRows(const Column& column) {
  std::vector<TypeConflict> ignored;
  FieldPtr united = UniteTypes(column.name, column.without_rows, &ignored);
  if (united == nullptr) united = column.without_rows[0].field;
  return WithNote(*united, kWithoutRowsKey, "1");
}

FieldPtr UniteColumn(const Column& column, std::vector<TypeConflict>* conflicts) {
  const auto has_type = [](const std::vector<TypeVariant>& types) {
    return !types.empty() && !std::ranges::all_of(types, IsNullTyped);
  };
  // A column without any value takes the type that an object without rows says it has.
  const bool takes_any =
      !column.remembered_null && !has_type(column.with_rows) && has_type(column.without_rows);
  const bool without_rows = column.with_rows.empty() || takes_any;
  FieldPtr united = without_rows ? UniteWithoutRows(column)
                                 : UniteTypes(column.name, column.with_rows, conflicts);
  return united == nullptr ? nullptr : united->WithName(column.name);
}

SchemaUnion Evolve(const Sources& sources, bool rescue) {
  const bool any_rows = std::ranges::any_of(sources, &SchemaSource::has_rows);
  SchemaUnion result;
  std::vector<TypeConflict> conflicts;
  arrow::FieldVector fields;
  for (const Column& column : Collect(sources, /*fold_case=*/true)) {
    if (any_rows && column.with_rows.empty() && !column.remembered) continue;
    FieldPtr field = UniteColumn(column, rescue ? nullptr : &conflicts);
    if (field != nullptr) fields.push_back(std::move(field));
  }
  for (const TypeConflict& conflict : conflicts) result.conflicts.push_back(InWords(conflict));
  if (conflicts.empty()) result.columns = arrow::schema(std::move(fields));
  return result;
}

SchemaUnion Compare(const Sources& sources) {
  SchemaUnion result;
  arrow::FieldVector fields;
  for (Column& column : Collect(sources, /*fold_case=*/false)) {
    std::vector<TypeVariant>& variants = column.with_rows;
    variants.insert(variants.end(), column.without_rows.begin(), column.without_rows.end());
    ColumnConflict conflict{.column = column.name};
    std::vector<bool> has_it(sources.size());
    const auto add = [&](const std::string& text, size_t source) {
      auto known = std::ranges::find(conflict.types, text, &ColumnConflict::Type::text);
      if (known == conflict.types.end()) known = conflict.types.insert(known, {text, {}});
      known->sources.push_back(source);
      has_it[source] = true;
    };
    for (const TypeVariant& variant : variants) {
      add(cloudquery::DescribedTypeText(*variant.field), variant.sources[0]);
    }
    for (size_t s = 0; s < sources.size(); ++s) {
      if (!has_it[s]) add(kNothing, s);
    }
    for (auto& type : conflict.types) std::ranges::sort(type.sources);
    std::ranges::sort(conflict.types, {}, [](const auto& type) { return type.sources.front(); });
    if (conflict.types.size() > 1) result.conflicts.push_back(std::move(conflict));
    fields.push_back(variants[0].field);
  }
  if (result.conflicts.empty()) result.columns = arrow::schema(std::move(fields));
  return result;
}

using base::Quoted;

std::string Where(const Sources& sources, const std::vector<size_t>& indices) {
  int64_t objects = 0;
  for (const size_t index : indices)
    objects += sources[index].remembered ? 0 : sources[index].objects;
  const SchemaSource& first = sources[indices.front()];
  const std::string others =
      objects - (first.remembered ? 0 : 1) > 0
          ? " and " + std::to_string(objects - (first.remembered ? 0 : 1)) + " more"
          : "";
  return first.remembered ? "in earlier syncs (state key " + Quoted(first.key) + ")" + others
                          : "in object " + Quoted(first.key) + others;
}

}  // namespace

SchemaUnion UniteSchemas(const Sources& sources, SchemaMode mode, bool rescue) {
  return mode == SchemaMode::kStrict ? Compare(sources) : Evolve(sources, rescue);
}

arrow::Status ConflictError(const std::string& table, SchemaMode mode, const Sources& sources,
                            const std::vector<ColumnConflict>& conflicts) {
  std::string text = "table " + Quoted(table) + ": ";
  std::string key;
  bool remembered = false;
  for (const ColumnConflict& conflict : conflicts) {
    text += (&conflict == conflicts.data() ? "column " : "; column ") + Quoted(conflict.column);
    for (size_t i = 0; i < conflict.types.size(); ++i) {
      const ColumnConflict::Type& type = conflict.types[i];
      text += (i == 0 ? " is " : " but ") + (type.text == kNothing ? "missing" : type.text) + " " +
              Where(sources, type.sources);
      remembered = remembered || sources[type.sources.front()].remembered;
      key = sources[type.sources.front()].key;
    }
  }
  if (mode == SchemaMode::kStrict) {
    text +=
        ". With schema: strict, all objects of a table must have the same columns and types. Set "
        "the types of columns in types, move one of the objects to another folder, or set schema: "
        "evolve.";
  } else {
    text +=
        ". No type holds the values of both without loss. Set the type of each of these columns "
        "in types (json or text for a column of lists), set rescue: true to keep what does not "
        "fit the oldest type in a column of its own, or move the objects of one of the types to "
        "another folder, so that they become a table of their own.";
  }
  if (remembered) {
    text += " If the objects of earlier syncs are gone, delete the state key to forget them.";
  }
  return base::MakeError({.kind = base::ErrorKind::kConfig, .key = key}, std::move(text));
}

std::string TypesWidened(const arrow::Schema& before, const arrow::Schema& after) {
  const auto places = MatchNames(after.field_names(), before.field_names(), /*fold_case=*/true);
  std::string columns;
  for (size_t i = 0; i < places.size(); ++i) {
    if (!places[i]) continue;
    const FieldPtr& now = after.field(static_cast<int>(*places[i]));
    const FieldPtr sent = cloudquery::SentField(*before.field(static_cast<int>(i)), now->name());
    if (sent->Equals(*cloudquery::SentField(*now, now->name()), /*check_metadata=*/true)) continue;
    columns += (columns.empty() ? "" : ", ") + Quoted(now->name()) + " from " +
               cloudquery::DescribedTypeText(*before.field(static_cast<int>(i))) + " to " +
               cloudquery::DescribedTypeText(*now);
  }
  if (columns.empty()) return "";
  return "types of columns have changed since the last sync: " + columns +
         ". The destination must migrate them. If it cannot do so by itself, set migrate_mode: "
         "forced, "
         "which drops the table, and delete the table's keys from the state, so that all of its "
         "objects are read again";
}

}  // namespace source
