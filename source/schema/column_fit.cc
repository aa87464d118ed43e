#include "source/schema/column_fit.h"

#include <utility>

#include "arrow/array/array_nested.h"
#include "arrow/array/util.h"
#include "arrow/util/bitmap_ops.h"
#include "arrow/util/checked_cast.h"
#include "base/error.h"
#include "cloudquery/types/described_columns.h"
#include "source/schema/cast_column.h"
#include "source/schema/fit_values.h"
#include "source/schema/type_union.h"

namespace source {
namespace {

using arrow::internal::checked_cast;
using cloudquery::ArrayPtr;
using cloudquery::ConvertContext;
using FieldPtr = std::shared_ptr<arrow::Field>;

bool AreSentAlike(const arrow::Field& a, const arrow::Field& b) {
  return cloudquery::SentField(a, "")->Equals(*cloudquery::SentField(b, ""), true) &&
         cloudquery::DescribedTypeText(a) == cloudquery::DescribedTypeText(b);
}

// Whether the table's type is what both types are united to.
bool Holds(const FieldPtr& table, const FieldPtr& own) {
  std::vector<TypeConflict> conflicts;
  const std::vector<TypeVariant> both = {{table, {0}}, {own, {1}}};
  const FieldPtr united = UniteTypes("", both, &conflicts);
  return united != nullptr && AreSentAlike(*united, *table);
}

bool IsStruct(const FieldPtr& field) { return field->type()->id() == arrow::Type::STRUCT; }

// Field by field; nothing: one of them does not fit, or the table lacks it.
std::optional<std::vector<ColumnFit>> PlanFields(const ColumnPair& pair, const std::string& path,
                                                 bool rescue) {
  const arrow::FieldVector& wanted = pair.to->type()->fields();
  const arrow::FieldVector& own = pair.from->type()->fields();
  const auto places = MatchNames(NamesOf(wanted), NamesOf(own), /*fold_case=*/true);
  std::vector<ColumnFit> fits;
  for (const FieldPtr& field : wanted) {
    fits.push_back({.to = field, .path = path + "." + field->name()});
  }
  for (size_t i = 0; i < own.size(); ++i) {
    const int index = static_cast<int>(i);
    const FieldPtr to = places[i] ? wanted[*places[i]] : nullptr;
    auto fit = PlanFit({own[i], pair.decided->type()->field(index), to},
                       path + "." + (to == nullptr ? own[i] : to)->name(), index, rescue);
    if (!fit) return std::nullopt;
    (places[i] ? fits[*places[i]] : fits.emplace_back()) = *std::move(fit);
  }
  return fits;
}

arrow::Status InField(const std::string& path, const arrow::Status& status) {
  return base::MakeError(base::InfoOf(status),
                         "column \"" + path + "\": " + base::MessageOf(status));
}

arrow::Result<ArrayPtr> NullsOf(const FieldPtr& to, int64_t rows, const ConvertContext& context) {
  return arrow::MakeArrayOfNull(cloudquery::SentField(*to, "")->type(), rows, context.pool);
}

arrow::Result<ArrayPtr> RescueAll(const ColumnFit& fit, const ArrayPtr& array,
                                  const ConvertContext& context, std::vector<UnfitValues>* unfit) {
  UnfitValues all{.path = fit.path, .from = fit.from, .values = array};
  for (int64_t row = 0; row < array->length(); ++row) {
    if (array->IsValid(row)) all.rows.push_back(row);
  }
  // Of a column of type null, all values are null.
  const bool has_values = cloudquery::Note(*fit.from, cloudquery::kNullTypedKey).empty();
  if (has_values && !all.rows.empty()) unfit->push_back(std::move(all));
  if (fit.to == nullptr) return nullptr;
  return NullsOf(fit.to, array->length(), context);
}

arrow::Result<ArrayPtr> FitFields(const ColumnFit& fit, const ArrayPtr& array,
                                  const ConvertContext& context, std::vector<UnfitValues>* unfit) {
  const auto& structs = checked_cast<const arrow::StructArray&>(*array);
  arrow::ArrayVector children;
  for (const ColumnFit& field : fit.fields) {
    ArrayPtr child;
    // With the nulls of the struct: what is below them is no value.
    if (field.source >= 0) {
      ARROW_ASSIGN_OR_RAISE(child, structs.GetFlattenedField(field.source, context.pool));
    }
    ARROW_ASSIGN_OR_RAISE(child, FitColumn(field, child, array->length(), context, unfit));
    if (field.to != nullptr) children.push_back(std::move(child));
  }
  std::shared_ptr<arrow::Buffer> validity;
  if (array->null_count() > 0) {
    ARROW_ASSIGN_OR_RAISE(validity,
                          arrow::internal::CopyBitmap(context.pool, array->null_bitmap_data(),
                                                      array->offset(), array->length()));
  }
  return std::make_shared<arrow::StructArray>(cloudquery::SentField(*fit.to, "")->type(),
                                              array->length(), std::move(children),
                                              std::move(validity));
}

}  // namespace

std::optional<ColumnFit> PlanFit(const ColumnPair& pair, std::string path, int source,
                                 bool rescue) {
  const auto& [from, decided, to] = pair;
  ColumnFit fit{.source = source, .from = from, .to = to, .path = std::move(path)};
  if (to == nullptr) {
    if (!rescue) return std::nullopt;
    fit.how = ColumnFit::How::kRescue;
    return fit;
  }
  if (AreSentAlike(*to, *from)) {
    fit.how = ColumnFit::How::kSame;
    return fit;
  }
  const bool is_decided = !AreSentAlike(*decided, *from);
  if (is_decided && AreSentAlike(*decided, *to) && !(IsStruct(from) && IsStruct(to))) {
    fit.how = ColumnFit::How::kConvert;
    return fit;
  }
  if (!is_decided && Holds(to, from)) {
    // A time that a finer unit has no room for is widened to null, but may be rescued.
    const bool may_not_fit = rescue && to->type()->id() == arrow::Type::TIMESTAMP;
    fit.how = may_not_fit ? ColumnFit::How::kConvert : ColumnFit::How::kWiden;
    return fit;
  }
  if (IsStruct(from) && IsStruct(decided) && IsStruct(to)) {
    auto fields = PlanFields(pair, fit.path, rescue);
    if (!fields) return std::nullopt;
    fit.how = ColumnFit::How::kFields;
    fit.fields = *std::move(fields);
    return fit;
  }
  if (!rescue) return std::nullopt;
  fit.how = ColumnFit::How::kRescue;
  return fit;
}

arrow::Result<ArrayPtr> FitColumn(const ColumnFit& fit, const ArrayPtr& array, int64_t rows,
                                  const ConvertContext& context, std::vector<UnfitValues>* unfit) {
  switch (fit.how) {
    case ColumnFit::How::kMissing:
      return NullsOf(fit.to, rows, context);
    case ColumnFit::How::kSame:
      return array;
    case ColumnFit::How::kWiden: {
      auto cast = CastColumn(array, *fit.from, *fit.to, context);
      return cast.ok() ? cast : InField(fit.path, cast.status());
    }
    case ColumnFit::How::kFields:
      return FitFields(fit, array, context, unfit);
    case ColumnFit::How::kRescue:
      return RescueAll(fit, array, context, unfit);
    case ColumnFit::How::kConvert:
      break;
  }
  auto fitted = FitValues(array, *fit.from, *fit.to, context);
  if (!fitted.ok()) return InField(fit.path, fitted.status());
  if (!fitted->misfits.empty()) {
    unfit->push_back({fit.path, fit.from, std::move(fitted->misfits), array});
  }
  return std::move(fitted->values);
}

}  // namespace source
