#include "source/schema/projection.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "cloudquery/types/described_columns.h"
#include "source/schema/type_union.h"

namespace source {
namespace {

using base::Quoted;
using FieldPtr = std::shared_ptr<arrow::Field>;

// What the format found not to fit. Columns are named as they are read.
std::vector<UnfitValues> UnfitOf(const formats::RowBatch& batch) {
  std::vector<UnfitValues> unfit;
  for (const formats::Misfits& misfits : batch.misfits) {
    const std::string& name = batch.rows->schema()->field(misfits.column)->name();
    const auto field = arrow::field(name, misfits.values->type());
    unfit.push_back({.path = name,
                     .from = cloudquery::DescribeColumns(*arrow::schema({field}), {})->field(0),
                     .rows = misfits.rows,
                     .values = misfits.values,
                     .values_of_rows = true});
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
                             " does not fit the type of the column. Correct the object, or set a "
                             "type that holds the value in types" +
                             // Only a format that infers types learns of it while it reads.
                             (first.values_of_rows ? ", or set infer: full" : ""));
}

}  // namespace

arrow::Result<std::shared_ptr<const Projection>> Projection::Make(const ObjectColumns& object,
                                                                  const TableColumns& table,
                                                                  bool fold_case) {
  auto projection = std::shared_ptr<Projection>(new Projection());
  projection->normalizer_ = object.normalizer;
  projection->sent_ = table.sent;
  for (const FieldPtr& field : table.described->fields()) {
    projection->columns_.push_back({.to = field, .path = field->name()});
  }
  const auto places =
      MatchNames(table.described->field_names(), object.own->field_names(), fold_case);
  std::string misfits;
  for (size_t i = 0; i < places.size(); ++i) {
    const int index = static_cast<int>(i);
    const FieldPtr& from = object.own->field(index);
    const FieldPtr to = places[i] ? projection->columns_[*places[i]].to : nullptr;
    auto fit = to == nullptr ? std::nullopt
                             : PlanFit(from, object.decided->field(index), to, to->name(), index);
    if (fit) {
      projection->columns_[*places[i]] = *std::move(fit);
      continue;
    }
    misfits += (misfits.empty() ? "column " : "; column ") + Quoted(from->name()) + " is " +
               cloudquery::DescribedTypeText(*from) + " where the table has " +
               (to == nullptr ? "no such column" : cloudquery::DescribedTypeText(*to));
  }
  if (object.has_rows && !misfits.empty()) {
    return base::MakeError(base::ErrorKind::kConfig, misfits);
  }
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
    const formats::RowBatch& batch, cloudquery::ConvertStats* stats,
    arrow::MemoryPool* pool) const {
  std::vector<UnfitValues> unfit = UnfitOf(batch);
  ARROW_ASSIGN_OR_RAISE(auto own, normalizer_->Convert(batch.rows, stats, pool));
  const cloudquery::ConvertContext context{.pool = pool, .stats = stats};
  arrow::ArrayVector arrays;
  arrays.reserve(columns_.size());
  for (const ColumnFit& column : columns_) {
    const auto array = column.source < 0 ? nullptr : own->column(column.source);
    ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(),
                          FitColumn(column, array, own->num_rows(), context, &unfit));
  }
  if (!unfit.empty()) return DoesNotFit(batch, unfit);
  if (identity()) return own;
  return arrow::RecordBatch::Make(sent_, own->num_rows(), std::move(arrays));
}

}  // namespace source
