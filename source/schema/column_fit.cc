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

std::vector<std::string> NamesOf(const arrow::FieldVector& fields) {
  std::vector<std::string> names;
  for (const FieldPtr& field : fields) names.push_back(field->name());
  return names;
}

// Field by field; nothing: one of them does not fit, or the table lacks it.
std::optional<std::vector<ColumnFit>> PlanFields(const FieldPtr& from, const FieldPtr& decided,
                                                 const FieldPtr& to, const std::string& path) {
  const arrow::FieldVector& wanted = to->type()->fields();
  const arrow::FieldVector& own = from->type()->fields();
  const auto places = MatchNames(NamesOf(wanted), NamesOf(own), /*fold_case=*/true);
  std::vector<ColumnFit> fits;
  for (const FieldPtr& field : wanted) {
    fits.push_back({.to = field, .path = path + "." + field->name()});
  }
  for (size_t i = 0; i < own.size(); ++i) {
    if (!places[i]) return std::nullopt;
    ColumnFit& place = fits[*places[i]];
    auto fit = PlanFit(own[i], decided->type()->field(static_cast<int>(i)), place.to, place.path,
                       static_cast<int>(i));
    if (!fit) return std::nullopt;
    place = *std::move(fit);
  }
  return fits;
}

arrow::Status InField(const std::string& path, const arrow::Status& status) {
  return base::MakeError(base::InfoOf(status),
                         "column \"" + path + "\": " + base::MessageOf(status));
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
    ARROW_ASSIGN_OR_RAISE(children.emplace_back(),
                          FitColumn(field, child, array->length(), context, unfit));
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

std::optional<ColumnFit> PlanFit(const FieldPtr& from, const FieldPtr& decided, const FieldPtr& to,
                                 std::string path, int source) {
  ColumnFit fit{.source = source, .from = from, .to = to, .path = std::move(path)};
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
    fit.how = ColumnFit::How::kWiden;
    return fit;
  }
  if (!IsStruct(from) || !IsStruct(decided) || !IsStruct(to)) return std::nullopt;
  auto fields = PlanFields(from, decided, to, fit.path);
  if (!fields) return std::nullopt;
  fit.how = ColumnFit::How::kFields;
  fit.fields = *std::move(fields);
  return fit;
}

arrow::Result<ArrayPtr> FitColumn(const ColumnFit& fit, const ArrayPtr& array, int64_t rows,
                                  const ConvertContext& context, std::vector<UnfitValues>* unfit) {
  switch (fit.how) {
    case ColumnFit::How::kMissing:
      return arrow::MakeArrayOfNull(cloudquery::SentField(*fit.to, "")->type(), rows, context.pool);
    case ColumnFit::How::kSame:
      return array;
    case ColumnFit::How::kWiden: {
      auto cast = CastColumn(array, *fit.from, *fit.to, context);
      return cast.ok() ? cast : InField(fit.path, cast.status());
    }
    case ColumnFit::How::kFields:
      return FitFields(fit, array, context, unfit);
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
