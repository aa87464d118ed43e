#include "cloudquery/types/normalizer.h"

#include <map>
#include <utility>

#include "arrow/util/checked_cast.h"
#include "base/error.h"
#include "cloudquery/table.h"
#include "cloudquery/types/column_names.h"
#include "cloudquery/types/normalizer_columns.h"

namespace cloudquery {
namespace {

// Whether the rule leaves arrays of `type` as they are, except for nullability, metadata, invalid
// UTF-8 and values out of range.
bool IsUnchanged(const TypeRule& rule, const arrow::DataType& type) {
  switch (rule.conversion) {
    case Conversion::kKeep:
    case Conversion::kInRange:
      return rule.type->Equals(type);
    case Conversion::kText:
    case Conversion::kBytes:
      return rule.type->id() == type.id();
    case Conversion::kList:
      return rule.type->id() == type.id() && IsUnchanged(rule.children[0], *type.field(0)->type());
    case Conversion::kStruct: {
      for (int i = 0; i < type.num_fields(); ++i) {
        if (!IsUnchanged(rule.children[i], *type.field(i)->type())) return false;
        if (rule.type->field(i)->name() != type.field(i)->name()) return false;
      }
      return true;
    }
    default:
      return false;
  }
}

// The names of a table's columns, and sentences on those that differ from the raw names.
std::vector<std::string> NameColumns(const ColumnPlan& plan, std::vector<std::string>* warnings) {
  std::vector<std::string> raw;
  for (const PlannedColumn& column : plan.columns) {
    if (!column.is_row_id) raw.push_back(column.key.name);
  }
  const std::vector<EmittedName> emitted = EmittedColumnNames(raw, kInternalColumns);

  std::vector<std::string> names;
  size_t next = 0;
  for (const PlannedColumn& column : plan.columns) {
    if (column.is_row_id) {
      names.push_back(column.key.name);
      continue;
    }
    const EmittedName& name = emitted[next++];
    if (!name.why.empty()) {
      warnings->push_back("column \"" + column.key.name + "\" is sent as \"" + name.name +
                          "\": " + std::string(name.why));
    }
    for (const std::string& note : column.rule.notes) {
      warnings->push_back("in column \"" + name.name + "\", " + note);
    }
    names.push_back(name.name);
  }
  for (const std::string& name : plan.skipped) {
    warnings->push_back("column \"" + name +
                        "\" is skipped: CloudQuery adds its own column of that name");
  }
  return names;
}

arrow::Result<ArrayPtr> ConvertRowIds(const TypeRule& rule, const ArrayPtr& array,
                                      const ConvertContext& context) {
  ARROW_ASSIGN_OR_RAISE(const ArrayPtr values, ConvertArray(rule, array, context));
  if (values->type_id() == arrow::Type::FIXED_SIZE_BINARY) return values;
  return ParseUuids(*values, context);
}

arrow::Status InColumn(const std::string& column, const arrow::Status& status) {
  base::ErrorInfo info = base::InfoOf(status);
  if ((status.IsCapacityError() || status.IsOutOfMemory()) &&
      info.kind == base::ErrorKind::kOther) {
    info.kind = base::ErrorKind::kLimit;
  }
  return base::MakeError(std::move(info), "column \"" + column + "\": " + base::MessageOf(status));
}

}  // namespace

arrow::Result<std::shared_ptr<const Normalizer>> Normalizer::Make(const arrow::Schema& table,
                                                                  const arrow::Schema& object,
                                                                  const NormalizeOptions& options) {
  if (const auto difference = FindDifference(table, object, options)) {
    return base::MakeError(base::ErrorKind::kUnsupported,
                           "column \"" + difference->column + "\" is " + difference->actual +
                               " where the table has " + difference->expected);
  }
  const ColumnPlan table_plan = PlanColumns(table, options);
  const ColumnPlan object_plan = PlanColumns(object, options);
  std::map<ColumnKey, const PlannedColumn*> sources;
  for (const PlannedColumn& column : object_plan.columns) sources[column.key] = &column;

  auto normalizer = std::shared_ptr<Normalizer>(new Normalizer());
  const std::vector<std::string> names = NameColumns(table_plan, &normalizer->warnings_);
  normalizer->identity_ = static_cast<int>(names.size()) == object.num_fields();
  arrow::FieldVector fields;
  for (size_t i = 0; i < names.size(); ++i) {
    const PlannedColumn& source = *sources.at(table_plan.columns[i].key);
    fields.push_back(source.is_row_id ? UuidField(names[i]) : EmittedField(source.rule, names[i]));
    const arrow::Field& input = *object.field(source.index);
    normalizer->identity_ = normalizer->identity_ && source.index == static_cast<int>(i) &&
                            input.name() == names[i] && !source.is_row_id &&
                            IsUnchanged(source.rule, *input.type());
    normalizer->columns_.push_back({source.index, source.rule, source.is_row_id});
  }
  normalizer->schema_ = arrow::schema(std::move(fields));
  return normalizer;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Normalizer::Convert(
    const std::shared_ptr<arrow::RecordBatch>& batch, ConvertStats* stats,
    arrow::MemoryPool* pool) const {
  const ConvertContext context{.pool = pool, .stats = stats};
  arrow::ArrayVector columns;
  columns.reserve(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const ArrayPtr array = batch->column(column.source);
    auto converted = column.is_row_id ? ConvertRowIds(column.rule, array, context)
                                      : ConvertArray(column.rule, array, context);
    if (!converted.ok())
      return InColumn(schema_->field(static_cast<int>(i))->name(), converted.status());
    columns.push_back(std::move(converted).ValueUnsafe());
  }
  return arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
}

}  // namespace cloudquery
