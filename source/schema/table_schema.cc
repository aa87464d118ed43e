#include "source/schema/table_schema.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cloudquery/types/described_columns.h"
#include "cloudquery/types/extension_types.h"
#include "source/schema/rescued.h"

namespace source {

SchemaOptions Merged(SchemaOptions one, const SchemaOptions& other) {
  if (other.mode == SchemaMode::kStrict) one.mode = SchemaMode::kStrict;
  one.rescue = one.rescue || other.rescue;
  one.normalize.new_row_ids = one.normalize.new_row_ids || other.normalize.new_row_ids;
  if (one.columns.empty() || other.columns.empty()) {
    one.columns.clear();
  } else {
    one.columns.insert(one.columns.end(), other.columns.begin(), other.columns.end());
  }
  for (const ColumnType& type : other.types) {
    const bool known = std::ranges::any_of(
        one.types, [&](const ColumnType& given) { return given.column == type.column; });
    if (!known) one.types.push_back(type);
  }
  return one;
}

std::shared_ptr<arrow::Schema> TableSchema::Describe(
    const std::shared_ptr<arrow::Schema>& read) const {
  const formats::ColumnSelection selection(read, options_.columns);
  return cloudquery::DescribeColumns(*selection.schema(), options_.normalize);
}

// Leaves what is wanted of the sources; some of them may have more.
arrow::Status TableSchema::Select(std::vector<SchemaSource>* sources) {
  if (options_.columns.empty()) return arrow::Status::OK();
  columns_found_.resize(options_.columns.size());
  bool any = false;
  for (SchemaSource& source : *sources) {
    const formats::ColumnSelection selection(source.columns, options_.columns);
    source.columns = selection.schema();
    any = any || source.columns->num_fields() > 0;
    for (size_t i = 0; i < columns_found_.size(); ++i) {
      columns_found_[i] = columns_found_[i] || selection.found()[i];
    }
  }
  if (any) return arrow::Status::OK();
  std::string names;
  for (const std::string& name : options_.columns) {
    names += (names.empty() ? "" : ", ") + base::Quoted(name);
  }
  return base::MakeError(base::ErrorKind::kConfig,
                         "table " + base::Quoted(table_) +
                             ": none of its objects has any of the columns that are to be read: " +
                             names + ". Correct their names in columns");
}

arrow::Status TableSchema::Unite(const std::vector<SchemaSource>& sources) {
  if (sources.empty()) return arrow::Status::OK();
  types_found_.resize(options_.types.size());
  std::vector<SchemaSource> decided = sources;
  ARROW_RETURN_NOT_OK(Select(&decided));
  for (SchemaSource& source : decided) {
    source.columns = WithColumnTypes(source.columns, options_.types, &types_found_);
  }
  SchemaUnion united = UniteSchemas(decided, options_.mode, options_.rescue);
  if (united.columns == nullptr) {
    return ConflictError(table_, options_.mode, sources, united.conflicts);
  }
  first_key_ = sources[0].key;
  std::vector<std::string_view> reserved;
  if (options_.rescue) reserved.push_back(kRescuedName);
  auto sent = cloudquery::SendColumns(*united.columns, reserved);
  if (options_.rescue) {
    arrow::FieldVector fields = sent.schema->fields();
    fields.push_back(cloudquery::JsonField(std::string(kRescuedName)));
    sent.schema = arrow::schema(std::move(fields));
  }
  // As for most tables, and a schema of 1,000 columns takes 200 KB.
  if (sent.schema->Equals(*united.columns, /*check_metadata=*/true)) sent.schema = united.columns;
  columns_ = {.described = std::move(united.columns),
              .sent = std::move(sent.schema),
              .rescue = options_.rescue};
  warnings_ = std::move(sent.warnings);
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<const Projection>> TableSchema::Fit(
    const std::string& key, const std::shared_ptr<arrow::Schema>& schema, bool has_rows) {
  const std::lock_guard lock(mutex_);
  std::erase_if(fitted_, [](const auto& fitted) { return fitted.expired(); });
  for (const auto& known : fitted_) {
    const auto fitted = known.lock();
    if (fitted != nullptr && fitted->has_rows == has_rows &&
        fitted->schema->Equals(*schema, /*check_metadata=*/false)) {
      return std::shared_ptr<const Projection>(fitted, fitted->projection.get());
    }
  }
  ObjectColumns object{
      .selection = std::make_shared<const formats::ColumnSelection>(schema, options_.columns),
      .own = Describe(schema),
      .has_rows = has_rows};
  ARROW_ASSIGN_OR_RAISE(object.normalizer, cloudquery::Normalizer::Make(*object.selection->schema(),
                                                                        options_.normalize));
  object.decided = WithColumnTypes(object.own, options_.types);
  if (options_.mode == SchemaMode::kStrict) {
    // Not only what does not fit, but what is missing too.
    const std::vector<SchemaSource> both = {{.columns = columns_.described, .key = first_key_},
                                            {.columns = object.decided, .key = key}};
    const SchemaUnion compared = UniteSchemas(both, options_.mode);
    if (compared.columns == nullptr) {
      return ConflictError(table_, options_.mode, both, compared.conflicts);
    }
  }
  auto projection = Projection::Make(object, columns_, options_.mode == SchemaMode::kEvolve);
  if (!projection.ok()) {
    return base::MakeError(
        {.kind = base::ErrorKind::kConfig, .key = key},
        "the object does not fit the table that was announced: " +
            base::MessageOf(projection.status()) +
            ". It was replaced while the sync ran; the next sync takes its schema into account.");
  }
  const auto fitted = std::make_shared<const Fitted>(schema, has_rows, *std::move(projection));
  fitted_.push_back(fitted);
  return std::shared_ptr<const Projection>(fitted, fitted->projection.get());
}

}  // namespace source
