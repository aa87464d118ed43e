#include "source/schema/cast_column.h"

#include <string>
#include <utility>

#include "arrow/array/array_nested.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/array/util.h"
#include "arrow/compute/cast.h"
#include "arrow/compute/exec.h"
#include "arrow/util/checked_cast.h"
#include "base/error.h"
#include "cloudquery/types/convert_time_text.h"
#include "cloudquery/types/described_columns.h"
#include "source/schema/type_union.h"

namespace source {
namespace {

using arrow::internal::checked_cast;
using cloudquery::ArrayPtr;
using cloudquery::ConvertContext;
using TypePtr = std::shared_ptr<arrow::DataType>;

constexpr int64_t kSecondsPerDay = 24 * 60 * 60;

int64_t PerSecond(arrow::TimeUnit::type unit) {
  static constexpr int64_t kPerSecond[] = {1, 1'000, 1'000'000, 1'000'000'000};
  return kPerSecond[unit];
}

// Of timestamps and times of day.
int64_t PerSecond(const arrow::DataType& type) {
  return PerSecond(type.id() == arrow::Type::TIMESTAMP
                       ? checked_cast<const arrow::TimestampType&>(type).unit()
                       : checked_cast<const arrow::TimeType&>(type).unit());
}

arrow::TimeUnit::type DurationUnit(const std::string& meaning) {
  return meaning == "duration[s]"    ? arrow::TimeUnit::SECOND
         : meaning == "duration[ms]" ? arrow::TimeUnit::MILLI
         : meaning == "duration[us]" ? arrow::TimeUnit::MICRO
                                     : arrow::TimeUnit::NANO;
}

// Values times `factor` as 64-bit values of `type`.
template <typename Value>
arrow::Result<ArrayPtr> Multiply(const arrow::Array& array, int64_t factor, const TypePtr& type,
                                 const ConvertContext& context) {
  const auto* values = array.data()->GetValues<Value>(1);
  arrow::Int64Builder builder(context.pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(array.length()));
  for (int64_t i = 0; i < array.length(); ++i) {
    int64_t scaled;
    if (array.IsNull(i)) {
      builder.UnsafeAppendNull();
    } else if (__builtin_mul_overflow(int64_t{values[i]}, factor, &scaled)) {
      ++context.stats->out_of_range_values;
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(scaled);
    }
  }
  ARROW_ASSIGN_OR_RAISE(const ArrayPtr scaled, builder.Finish());
  auto data = scaled->data()->Copy();
  data->type = type;
  return arrow::MakeArray(std::move(data));
}

template <typename Value>
arrow::Result<ArrayPtr> TimeToText(const arrow::Array& array, const ConvertContext& context) {
  const auto* values = array.data()->GetValues<Value>(1);
  const int64_t factor = PerSecond(arrow::TimeUnit::NANO) / PerSecond(*array.type());
  arrow::StringBuilder builder(context.pool);
  for (int64_t i = 0; i < array.length(); ++i) {
    if (array.IsNull(i)) {
      ARROW_RETURN_NOT_OK(builder.AppendNull());
    } else {
      ARROW_RETURN_NOT_OK(builder.Append(
          cloudquery::TimeOfDayText(int64_t{values[i]} * factor, arrow::TimeUnit::NANO)));
    }
  }
  return builder.Finish();
}

arrow::Result<ArrayPtr> CastValue(const ArrayPtr& array, const TypePtr& type,
                                  const ConvertContext& context) {
  arrow::compute::ExecContext exec(context.pool);
  exec.set_use_threads(false);
  auto cast = arrow::compute::Cast(*array, type, arrow::compute::CastOptions::Safe(), &exec);
  if (cast.ok() || cast.status().IsOutOfMemory()) return cast;
  return base::MakeError(base::ErrorKind::kCorrupt, "a value of type " + array->type()->ToString() +
                                                        " does not fit into " + type->ToString() +
                                                        ": " + cast.status().message());
}

arrow::Result<ArrayPtr> CastLeaf(const ArrayPtr& array, const arrow::Field& from,
                                 const arrow::Field& to, const ConvertContext& context) {
  const std::string before = cloudquery::Note(from, cloudquery::kMeaningKey);
  const std::string after = cloudquery::Note(to, cloudquery::kMeaningKey);
  if (before != after) {
    const int64_t factor = PerSecond(DurationUnit(after)) / PerSecond(DurationUnit(before));
    return Multiply<int64_t>(*array, factor, to.type(), context);
  }
  if (array->type()->Equals(*to.type())) return array;
  switch (array->type_id()) {
    case arrow::Type::DATE32:
      return Multiply<int32_t>(*array, kSecondsPerDay * PerSecond(*to.type()), to.type(), context);
    case arrow::Type::TIME64:
      return TimeToText<int64_t>(*array, context);
    case arrow::Type::TIME32:
      if (to.type()->id() == arrow::Type::STRING) return TimeToText<int32_t>(*array, context);
      return Multiply<int32_t>(*array, PerSecond(*to.type()) / PerSecond(*array->type()), to.type(),
                               context);
    case arrow::Type::TIMESTAMP:
      return Multiply<int64_t>(*array, PerSecond(*to.type()) / PerSecond(*array->type()), to.type(),
                               context);
    default:
      return CastValue(array, to.type(), context);
  }
}

// The array with other children; the buffers stay.
ArrayPtr WithChildren(const arrow::Array& array, const TypePtr& type,
                      std::vector<std::shared_ptr<arrow::ArrayData>> children) {
  auto data = array.data()->Copy();
  data->type = type;
  data->child_data = std::move(children);
  return arrow::MakeArray(std::move(data));
}

ArrayPtr Child(const arrow::Array& array, int index) {
  return arrow::MakeArray(array.data()->child_data[static_cast<size_t>(index)]);
}

// Children are cast whole: where the array is a slice, they have more values than it.
arrow::Result<ArrayPtr> CastStruct(const ArrayPtr& array, const arrow::Field& from,
                                   const arrow::Field& to, const ConvertContext& context) {
  std::vector<std::string> names, own;
  for (const auto& field : to.type()->fields()) names.push_back(field->name());
  for (const auto& field : from.type()->fields()) own.push_back(field->name());
  const auto places = MatchNames(names, own, /*fold_case=*/true);
  std::vector<std::shared_ptr<arrow::ArrayData>> children(names.size());
  for (size_t i = 0; i < own.size(); ++i) {
    if (!places[i]) continue;
    const int place = static_cast<int>(*places[i]), index = static_cast<int>(i);
    ARROW_ASSIGN_OR_RAISE(const ArrayPtr child,
                          CastColumn(Child(*array, index), *from.type()->field(index),
                                     *to.type()->field(place), context));
    children[*places[i]] = child->data();
  }
  const TypePtr type = cloudquery::SentField(to, "")->type();
  for (size_t i = 0; i < children.size(); ++i) {
    if (children[i] != nullptr) continue;
    ARROW_ASSIGN_OR_RAISE(const ArrayPtr nulls,
                          arrow::MakeArrayOfNull(type->field(static_cast<int>(i))->type(),
                                                 array->offset() + array->length(), context.pool));
    children[i] = nulls->data();
  }
  return WithChildren(*array, type, std::move(children));
}

arrow::Result<ArrayPtr> CastMap(const ArrayPtr& array, const arrow::Field& from,
                                const arrow::Field& to, const ConvertContext& context) {
  const auto& before = checked_cast<const arrow::MapType&>(*from.type());
  const auto& after = checked_cast<const arrow::MapType&>(*to.type());
  const ArrayPtr entries = Child(*array, 0);
  ARROW_ASSIGN_OR_RAISE(const ArrayPtr keys, CastColumn(Child(*entries, 0), *before.key_field(),
                                                        *after.key_field(), context));
  // Arrow aborts on a map with such keys.
  if (keys->null_count() > 0) {
    return base::MakeError(base::ErrorKind::kCorrupt,
                           "a key of a map does not fit into " + after.key_type()->ToString());
  }
  ARROW_ASSIGN_OR_RAISE(const ArrayPtr values, CastColumn(Child(*entries, 1), *before.item_field(),
                                                          *after.item_field(), context));
  const TypePtr type = cloudquery::SentField(to, "")->type();
  const ArrayPtr cast =
      WithChildren(*entries, type->field(0)->type(), {keys->data(), values->data()});
  return WithChildren(*array, type, {cast->data()});
}

}  // namespace

arrow::Result<ArrayPtr> CastColumn(const ArrayPtr& array, const arrow::Field& from,
                                   const arrow::Field& to, const ConvertContext& context) {
  if (from.type()->Equals(*to.type(), /*check_metadata=*/true) &&
      cloudquery::Note(from, cloudquery::kMeaningKey) ==
          cloudquery::Note(to, cloudquery::kMeaningKey)) {
    return array;
  }
  if (!cloudquery::Note(from, cloudquery::kNullTypedKey).empty()) {
    return arrow::MakeArrayOfNull(cloudquery::SentField(to, "")->type(), array->length(),
                                  context.pool);
  }
  switch (array->type_id()) {
    case arrow::Type::LIST: {
      ARROW_ASSIGN_OR_RAISE(
          const ArrayPtr items,
          CastColumn(Child(*array, 0), *from.type()->field(0), *to.type()->field(0), context));
      return WithChildren(*array, cloudquery::SentField(to, "")->type(), {items->data()});
    }
    case arrow::Type::MAP:
      return CastMap(array, from, to, context);
    case arrow::Type::STRUCT:
      return CastStruct(array, from, to, context);
    default:
      return CastLeaf(array, from, to, context);
  }
}

}  // namespace source
