#include "source/commands/row_values.h"

#include "arrow/array.h"
#include "arrow/util/checked_cast.h"
#include "cloudquery/types/convert_json.h"
#include "cloudquery/types/type_rules.h"

namespace source {
namespace {

// What writes the values of a column as JSON, whatever their type.
cloudquery::TypeRule JsonRule(const arrow::Field& field) {
  return {
      .type = cloudquery::ExtensionStorage(cloudquery::ExtensionType::kJson),
      .extension = cloudquery::ExtensionType::kJson,
      .conversion = cloudquery::Conversion::kWriteJson,
      .children = {cloudquery::RuleFor(field, {.nested_lists = cloudquery::NestedLists::kList})}};
}

}  // namespace

arrow::Result<std::vector<std::vector<std::string>>> JsonValues(
    const arrow::Schema& schema, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
  std::vector<std::vector<std::string>> columns(static_cast<size_t>(schema.num_fields()));
  cloudquery::ConvertStats stats;
  const cloudquery::ConvertContext context{.pool = arrow::default_memory_pool(), .stats = &stats};
  for (int i = 0; i < schema.num_fields(); ++i) {
    const cloudquery::TypeRule rule = JsonRule(*schema.field(i));
    std::vector<std::string>& values = columns[static_cast<size_t>(i)];
    for (const auto& batch : batches) {
      ARROW_ASSIGN_OR_RAISE(const auto texts,
                            cloudquery::WriteJson(rule, batch->column(i), context));
      const auto& binary = arrow::internal::checked_cast<const arrow::BinaryArray&>(*texts);
      for (int64_t row = 0; row < binary.length(); ++row) {
        values.push_back(binary.IsNull(row) ? "null" : binary.GetString(row));
      }
    }
  }
  return columns;
}

}  // namespace source
