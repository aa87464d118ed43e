// Values that are sent as they are, unless they are out of the range of their type: a file may
// declare DECIMAL(4, 2) and store 12 digits.
#include "arrow/array/array_decimal.h"
#include "arrow/array/array_primitive.h"
#include "arrow/array/util.h"
#include "arrow/util/bit_util.h"
#include "arrow/util/checked_cast.h"
#include "arrow/util/decimal.h"
#include "cloudquery/types/convert_internal.h"

namespace cloudquery {
namespace {

using arrow::internal::checked_cast;

constexpr int64_t kSecondsPerDay = 24 * 60 * 60;

// The array with nulls in place of the values that do not fit. Such values are rare, so a first
// pass only looks for them.
template <typename Fits>
arrow::Result<ArrayPtr> WithoutMisfits(const ArrayPtr& array, const ConvertContext& context,
                                       Fits fits) {
  int64_t misfits = 0;
  for (int64_t i = 0; i < array->length(); ++i) {
    if (!fits(i) && array->IsValid(i)) ++misfits;
  }
  if (misfits == 0) return array;
  context.stats->out_of_range_values += misfits;
  auto data = array->data()->Copy();
  ARROW_ASSIGN_OR_RAISE(data->buffers[0], arrow::AllocateEmptyBitmap(
                                              array->offset() + array->length(), context.pool));
  uint8_t* validity = data->buffers[0]->mutable_data();
  for (int64_t i = 0; i < array->length(); ++i) {
    arrow::bit_util::SetBitTo(validity, array->offset() + i, array->IsValid(i) && fits(i));
  }
  data->null_count = array->null_count() + misfits;
  return arrow::MakeArray(data);
}

template <typename Decimal>
arrow::Result<ArrayPtr> CheckDecimals(const ArrayPtr& array, const ConvertContext& context) {
  const auto& values = checked_cast<const arrow::FixedSizeBinaryArray&>(*array);
  const int32_t precision = checked_cast<const arrow::DecimalType&>(*array->type()).precision();
  return WithoutMisfits(array, context, [&](int64_t i) {
    return Decimal(values.GetValue(i)).FitsInPrecision(precision);
  });
}

template <typename TimeArray>
arrow::Result<ArrayPtr> CheckTimes(const ArrayPtr& array, int64_t units_per_second,
                                   const ConvertContext& context) {
  const auto* values = checked_cast<const TimeArray&>(*array).raw_values();
  const int64_t end = kSecondsPerDay * units_per_second;
  return WithoutMisfits(array, context,
                        [=](int64_t i) { return values[i] >= 0 && values[i] < end; });
}

}  // namespace

arrow::Result<ArrayPtr> KeepInRange(const ArrayPtr& array, const ConvertContext& context) {
  switch (array->type_id()) {
    case arrow::Type::DECIMAL128:
      return CheckDecimals<arrow::Decimal128>(array, context);
    case arrow::Type::DECIMAL256:
      return CheckDecimals<arrow::Decimal256>(array, context);
    case arrow::Type::TIME32:
      return CheckTimes<arrow::Time32Array>(array, 1'000, context);
    default:
      return CheckTimes<arrow::Time64Array>(array, 1'000'000, context);
  }
}

}  // namespace cloudquery
