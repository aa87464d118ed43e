#include "source/schema/projection.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "cloudquery/types/convert.h"
#include "cloudquery/types/described_columns.h"
#include "cloudquery/types/type_rules.h"
#include "source/schema/rescued.h"
#include "source/schema/type_union.h"

namespace source {
namespace {

using base::Quoted;
using FieldPtr = std::shared_ptr<arrow::Field>;

// What the format found not to fit. Columns are named as they are read.
arrow::Result<std::vector<UnfitValues>> UnfitOf(const formats::RowBatch& batch,
                                                const formats::ColumnSelection& selection,
                                                const cloudquery::ConvertContext& context) {
  std::vector<UnfitValues> unfit;
  for (const formats::Misfits& misfits : batch.misfits) {
    if (!selection.Has(misfits.column)) continue;
    const auto field = arrow::field("", misfits.values->type());
    const cloudquery::TypeRule rule = cloudquery::RuleFor(*field, {});
    UnfitValues& values = unfit.emplace_back();
    values.path = batch.rows->schema()->field(misfits.column)->name();
    values.from = cloudquery::EmittedField(rule, "");
    values.rows = misfits.rows;
    ARROW_ASSIGN_OR_RAISE(values.values, cloudquery::ConvertArray(rule, misfits.values, context));
    values.values_of_rows = true;
  }
  return unfit;
}

// About the first of them in the object.
arrow::Status DoesNotFit(const formats::RowBatch& batch, const std::vector<UnfitValues>& unfit) {
  const UnfitValues& first = *std::ranges::min_element(
      unfit, {}, [](const UnfitValues& values) { return values.rows.front(); });
  const int64_t row = first.rows.front();
  const std::string place =
      batch.place_of ? batch.place_of(row) : "row " + std::to_string(batch.first_row + row);
  return base::MakeError(base::ErrorKind::kCorrupt,
                         "column " + Quoted(first.path) + ", " + place + ": a value of type " +
                             cloudquery::DescribedTypeText(*first.from) +
                             " does not fit the type of the column. Correct the object, set a "
                             "type that holds the value in types, " +
                             // Only a format that infers types learns of it while it reads.
                             (first.values_of_rows ? "set infer: full, " : "") +
                             "or set rescue: true");
}

}  // namespace

// Returns a sentence on each column that does not fit.
std::string Projection::PlanColumns(const ObjectColumns& object, const TableColumns& table,
                                    bool fold_case) {
  for (const FieldPtr& field : table.described->fields()) {
    columns_.push_back({.to = field, .path = field->name()});
  }
  const auto places =
      MatchNames(table.described->field_names(), object.own->field_names(), fold_case);
  std::string misfits;
  for (size_t i = 0; i < places.size(); ++i) {
    const int index = static_cast<int>(i);
    const FieldPtr& from = object.own->field(index);
    const FieldPtr to = places[i] ? columns_[*places[i]].to : nullptr;
    auto fit = PlanFit({from, object.decided->field(index), to},
                       (to == nullptr ? from : to)->name(), index, table.rescue);
    if (fit) {
      (places[i] ? columns_[*places[i]] : columns_.emplace_back()) = *std::move(fit);
      continue;
    }
    misfits += (misfits.empty() ? "column " : "; column ") + Quoted(from->name()) + " is " +
               cloudquery::DescribedTypeText(*from) + " where the table has " +
               (to == nullptr ? "no such column" : cloudquery::DescribedTypeText(*to));
  }
  return misfits;
}

// Of the names under which values are rescued: a column may have the name that a field of another
// one has with dots.
void Projection::MakePathsUnique() {
  std::set<std::string> taken;
  const auto visit = [&](ColumnFit& column, const auto& self) -> void {
    if (column.how == ColumnFit::How::kFields) {
      for (ColumnFit& field : column.fields) self(field, self);
    } else if (column.source >= 0) {
      const std::string path = column.path;
      for (int i = 1; !taken.insert(column.path).second; ++i) {
        column.path = path + "_" + std::to_string(i);
      }
    }
  };
  for (ColumnFit& column : columns_) visit(column, visit);
}

arrow::Result<std::shared_ptr<const Projection>> Projection::Make(const ObjectColumns& object,
                                                                  const TableColumns& table,
                                                                  bool fold_case) {
  auto projection = std::shared_ptr<Projection>(new Projection());
  projection->selection_ = object.selection;
  projection->normalizer_ = object.normalizer;
  projection->sent_ = table.sent;
  projection->rescue_ = table.rescue;
  const std::string misfits = projection->PlanColumns(object, table, fold_case);
  if (object.has_rows && !misfits.empty()) {
    return base::MakeError(base::ErrorKind::kConfig, misfits);
  }
  projection->MakePathsUnique();
  if (object.normalizer->schema()->Equals(*table.sent, /*check_metadata=*/true)) {
    bool is_identity = true;
    for (size_t i = 0; i < projection->columns_.size(); ++i) {
      const ColumnFit& column = projection->columns_[i];
      is_identity = is_identity && column.how == ColumnFit::How::kSame &&
                    column.source == static_cast<int>(i);
    }
    if (is_identity) projection->columns_.clear();
  }
  return projection;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Projection::Convert(
    const formats::RowBatch& batch, cloudquery::ConvertStats* stats, arrow::MemoryPool* pool,
    std::string_view rescued_of_key) const {
  const cloudquery::ConvertContext context{.pool = pool, .stats = stats};
  ARROW_ASSIGN_OR_RAISE(auto unfit, UnfitOf(batch, *selection_, context));
  ARROW_ASSIGN_OR_RAISE(auto own,
                        normalizer_->Convert(selection_->Select(batch.rows), stats, pool));
  arrow::ArrayVector arrays;
  arrays.reserve(columns_.size());
  for (const ColumnFit& column : columns_) {
    auto array = column.source < 0 ? nullptr : own->column(column.source);
    ARROW_ASSIGN_OR_RAISE(array, FitColumn(column, array, own->num_rows(), context, &unfit));
    if (column.to != nullptr) arrays.push_back(std::move(array));
  }
  if (!unfit.empty() && !rescue_) return DoesNotFit(batch, unfit);
  if (identity()) return own;
  if (rescue_) {
    ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(),
                          RescuedColumn(own->num_rows(), unfit, rescued_of_key, context));
  }
  return arrow::RecordBatch::Make(sent_, own->num_rows(), std::move(arrays));
}

}  // namespace source
