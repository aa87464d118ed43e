#include "cloudquery/types/normalizer.h"

#include <utility>

#include "arrow/util/checked_cast.h"
#include "base/error.h"
#include "cloudquery/types/described_columns.h"
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

arrow::Result<std::shared_ptr<const Normalizer>> Normalizer::Make(const arrow::Schema& schema,
                                                                  const NormalizeOptions& options) {
  auto normalizer = std::shared_ptr<Normalizer>(new Normalizer());
  SentColumns sent = SendColumns(*DescribeColumns(schema, options));
  normalizer->schema_ = std::move(sent.schema);
  normalizer->warnings_ = std::move(sent.warnings);
  for (std::string& note : NotesOn(schema, options)) {
    normalizer->warnings_.push_back(std::move(note));
  }
  const ColumnPlan plan = PlanColumns(schema, options);
  normalizer->identity_ = static_cast<int>(plan.columns.size()) == schema.num_fields();
  for (const PlannedColumn& column : plan.columns) {
    const arrow::Field& input = *schema.field(column.index);
    const auto place = static_cast<int>(normalizer->columns_.size());
    normalizer->identity_ = normalizer->identity_ && !column.is_row_id &&
                            input.name() == normalizer->schema_->field(place)->name() &&
                            IsUnchanged(column.rule, *input.type());
    normalizer->columns_.push_back({column.index, column.rule, column.is_row_id});
  }
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
