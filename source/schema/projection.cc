#include "source/schema/projection.h"

#include <utility>

#include "arrow/array/util.h"
#include "base/error.h"
#include "cloudquery/types/described_columns.h"
#include "source/schema/cast_column.h"
#include "source/schema/type_union.h"

namespace source {
namespace {

using FieldPtr = std::shared_ptr<arrow::Field>;

bool AreSentAlike(const arrow::Field& a, const arrow::Field& b) {
  return cloudquery::SentField(a, "")->Equals(*cloudquery::SentField(b, ""), true) &&
         cloudquery::DescribedTypeText(a) == cloudquery::DescribedTypeText(b);
}

// Whether the table's type is what both types are united to.
bool Holds(const FieldPtr& table, const FieldPtr& own) {
  if (AreSentAlike(*table, *own)) return true;
  std::vector<TypeConflict> conflicts;
  const std::vector<TypeVariant> both = {{table, {0}}, {own, {1}}};
  const FieldPtr united = UniteTypes("", both, &conflicts);
  return united != nullptr && AreSentAlike(*united, *table);
}

arrow::Status InColumn(const std::string& column, const arrow::Status& status) {
  return base::MakeError(base::InfoOf(status),
                         "column \"" + column + "\": " + base::MessageOf(status));
}

}  // namespace

arrow::Result<std::shared_ptr<const Projection>> Projection::Make(
    std::shared_ptr<const cloudquery::Normalizer> normalizer, const arrow::Schema& own,
    const TableColumns& table, bool has_rows, bool fold_case) {
  auto projection = std::shared_ptr<Projection>(new Projection());
  projection->sent_ = table.sent;
  projection->columns_.resize(static_cast<size_t>(table.described->num_fields()));
  const auto places = MatchNames(table.described->field_names(), own.field_names(), fold_case);
  std::string misfits;
  for (size_t i = 0; i < places.size(); ++i) {
    const FieldPtr& from = own.field(static_cast<int>(i));
    const FieldPtr to = places[i] ? table.described->field(static_cast<int>(*places[i])) : nullptr;
    if (to == nullptr || !Holds(to, from)) {
      misfits += (misfits.empty() ? "column \"" : "; column \"") + from->name() + "\" is " +
                 cloudquery::DescribedTypeText(*from) + " where the table has " +
                 (to == nullptr ? "no such column" : cloudquery::DescribedTypeText(*to));
      continue;
    }
    const bool is_same = AreSentAlike(*from, *to);
    projection->columns_[*places[i]] = {static_cast<int>(i), is_same ? nullptr : from,
                                        is_same ? nullptr : to};
  }
  if (has_rows && !misfits.empty()) return base::MakeError(base::ErrorKind::kConfig, misfits);
  if (normalizer->schema()->Equals(*table.sent, /*check_metadata=*/true)) {
    bool is_identity = true;
    for (size_t i = 0; i < projection->columns_.size(); ++i) {
      const Column& column = projection->columns_[i];
      is_identity = is_identity && column.source == static_cast<int>(i) && column.from == nullptr;
    }
    if (is_identity) projection->columns_.clear();
  }
  projection->normalizer_ = std::move(normalizer);
  return projection;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Projection::Convert(
    const std::shared_ptr<arrow::RecordBatch>& batch, cloudquery::ConvertStats* stats,
    arrow::MemoryPool* pool) const {
  ARROW_ASSIGN_OR_RAISE(auto own, normalizer_->Convert(batch, stats, pool));
  if (identity()) return own;
  const cloudquery::ConvertContext context{.pool = pool, .stats = stats};
  arrow::ArrayVector arrays;
  arrays.reserve(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const arrow::Field& sent = *sent_->field(static_cast<int>(i));
    if (column.source < 0) {
      ARROW_ASSIGN_OR_RAISE(auto nulls, arrow::MakeArrayOfNull(sent.type(), own->num_rows(), pool));
      arrays.push_back(std::move(nulls));
      continue;
    }
    auto array = own->column(column.source);
    if (column.from != nullptr) {
      auto cast = CastColumn(array, *column.from, *column.to, context);
      if (!cast.ok()) return InColumn(sent.name(), cast.status());
      array = *std::move(cast);
    }
    arrays.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(sent_, own->num_rows(), std::move(arrays));
}

}  // namespace source
