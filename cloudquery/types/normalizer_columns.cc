#include "cloudquery/types/normalizer_columns.h"

#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "cloudquery/table.h"
#include "cloudquery/types/normalizer.h"

namespace cloudquery {
namespace {

bool CanHoldUuids(const TypeRule& rule) {
  if (rule.extension != ExtensionType::kNone) return rule.extension == ExtensionType::kUuid;
  const bool is_text = rule.type->id() == arrow::Type::STRING &&
                       rule.conversion != Conversion::kTimeText &&
                       rule.conversion != Conversion::kDecimalText;
  return is_text || rule.type->id() == arrow::Type::BINARY ||
         rule.type->Equals(ExtensionStorage(ExtensionType::kUuid));
}

}  // namespace

ColumnPlan PlanColumns(const arrow::Schema& schema, const NormalizeOptions& options) {
  ColumnPlan plan;
  std::map<std::string, int> seen;
  for (int i = 0; i < schema.num_fields(); ++i) {
    const arrow::Field& field = *schema.field(i);
    if (IsMadeByCli(field.name())) {
      plan.skipped.push_back(field.name());
      continue;
    }
    PlannedColumn column{
        .key = {field.name(), seen[field.name()]++}, .index = i, .rule = RuleFor(field, options)};
    column.is_row_id =
        IsRowId(field.name()) && column.key.occurrence == 0 && CanHoldUuids(column.rule);
    plan.columns.push_back(std::move(column));
  }
  return plan;
}

std::string ColumnTypeText(const PlannedColumn& column) {
  return column.is_row_id ? std::string(ExtensionName(ExtensionType::kUuid))
                          : TypeText(column.rule);
}

bool SameColumnEmission(const PlannedColumn& a, const PlannedColumn& b) {
  if (a.is_row_id || b.is_row_id) return a.is_row_id == b.is_row_id;
  return SameEmission(a.rule, b.rule);
}

std::optional<ColumnDifference> FindDifference(const arrow::Schema& table,
                                               const arrow::Schema& object,
                                               const NormalizeOptions& options) {
  constexpr char kNothing[] = "nothing";
  const ColumnPlan actual_plan = PlanColumns(object, options);
  std::map<ColumnKey, const PlannedColumn*> actual;
  for (const PlannedColumn& column : actual_plan.columns) actual[column.key] = &column;

  for (const PlannedColumn& expected : PlanColumns(table, options).columns) {
    const auto found = actual.find(expected.key);
    if (found == actual.end()) {
      return ColumnDifference{expected.key.name, ColumnTypeText(expected), kNothing};
    }
    if (!SameColumnEmission(expected, *found->second)) {
      return ColumnDifference{expected.key.name, ColumnTypeText(expected),
                              ColumnTypeText(*found->second)};
    }
    actual.erase(found);
  }
  for (const PlannedColumn& column : actual_plan.columns) {
    if (actual.contains(column.key)) {
      return ColumnDifference{column.key.name, kNothing, ColumnTypeText(column)};
    }
  }
  return std::nullopt;
}

}  // namespace cloudquery
