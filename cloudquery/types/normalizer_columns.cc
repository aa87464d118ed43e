#include "cloudquery/types/normalizer_columns.h"

#include <set>
#include <utility>

#include "cloudquery/table.h"

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
  std::set<std::string> seen;
  for (int i = 0; i < schema.num_fields(); ++i) {
    const arrow::Field& field = *schema.field(i);
    if (options.new_row_ids && IsRowId(field.name())) continue;
    if (IsMadeByCli(field.name())) {
      plan.skipped.push_back(field.name());
      continue;
    }
    PlannedColumn column{.name = field.name(), .index = i, .rule = RuleFor(field, options)};
    const bool is_first = seen.insert(field.name()).second;
    column.is_row_id = IsRowId(field.name()) && is_first && CanHoldUuids(column.rule);
    plan.columns.push_back(std::move(column));
  }
  return plan;
}

}  // namespace cloudquery
