// Lists of every layout, maps, structs, and the encodings that refer to values elsewhere.
#include <algorithm>
#include <limits>

#include "arrow/array/builder_primitive.h"
#include "arrow/compute/api_vector.h"
#include "arrow/compute/exec.h"
#include "arrow/util/checked_cast.h"
#include "arrow/util/ree_util.h"
#include "base/error.h"
#include "cloudquery/types/convert_internal.h"

namespace cloudquery {
namespace {

using arrow::internal::checked_cast;

// Where the items of one list are among the values.
struct Range {
  int64_t begin = 0;
  int64_t size = 0;
};

template <typename ListArray>
Range RangeAt(const ListArray& lists, int64_t row) {
  // A null list may have items, which are part of no value.
  if (lists.IsNull(row)) return {};
  return {lists.value_offset(row), lists.value_length(row)};
}

// Where the items of new lists are: one list after the other.
struct Layout {
  std::shared_ptr<arrow::Buffer> offsets;
  // The part of the values that the lists refer to.
  Range used;
  // Each list begins where the one before it ends, so the used part has the items alone.
  bool is_contiguous = true;
};

template <typename ListArray>
arrow::Result<Layout> LayoutOf(const ListArray& lists, const ConvertContext& context) {
  Layout layout;
  ARROW_ASSIGN_OR_RAISE(
      layout.offsets, arrow::AllocateBuffer((lists.length() + 1) * sizeof(int32_t), context.pool));
  auto* offsets = layout.offsets->template mutable_data_as<int32_t>();
  int64_t items = 0, first = 0, last = 0;
  offsets[0] = 0;
  for (int64_t row = 0; row < lists.length(); ++row) {
    const Range range = RangeAt(lists, row);
    if (range.size > 0) {
      if (items == 0) {
        first = last = range.begin;
      }
      layout.is_contiguous &= range.begin == last || items == 0;
      first = std::min(first, range.begin);
      // Of a contiguous layout, the end of the latest list; of any other, the furthest end.
      last = layout.is_contiguous ? range.begin + range.size
                                  : std::max(last, range.begin + range.size);
      items += range.size;
      if (items > std::numeric_limits<int32_t>::max()) {
        return base::MakeError(base::ErrorKind::kLimit,
                               "a batch holds lists of more than 2^31 items in one column");
      }
    }
    offsets[row + 1] = static_cast<int32_t>(items);
  }
  layout.used = {first, last - first};
  return layout;
}

// The items of lists that overlap, leave gaps or are out of order.
template <typename ListArray>
arrow::Result<ArrayPtr> GatherItems(const ListArray& lists, const Layout& layout,
                                    const ArrayPtr& used_values, const ConvertContext& context) {
  arrow::Int64Builder indices(context.pool);
  for (int64_t row = 0; row < lists.length(); ++row) {
    const Range range = RangeAt(lists, row);
    ARROW_RETURN_NOT_OK(indices.Reserve(range.size));
    for (int64_t i = 0; i < range.size; ++i) {
      indices.UnsafeAppend(range.begin - layout.used.begin + i);
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto index_array, indices.Finish());
  return TakeValues(used_values, index_array, context);
}

bool IsLaidOutAsEmitted(const arrow::Array& array) {
  return array.type_id() == arrow::Type::LIST || array.type_id() == arrow::Type::MAP;
}

// Arrow aborts when a map with null keys is made, so the keys are checked before.
arrow::Status CheckMapKeys(const arrow::Array& entries) {
  const ArrayPtr keys = checked_cast<const arrow::StructArray&>(entries).field(0);
  if (keys->null_count() == 0) return arrow::Status::OK();
  return base::MakeError(
      base::ErrorKind::kUnsupported,
      "a map has a null key, or a key that cannot be sent as " + keys->type()->ToString());
}

template <typename ListArray>
arrow::Result<ArrayPtr> RebuildLists(const TypeRule& rule, const ArrayPtr& array,
                                     const ConvertContext& context) {
  const auto& lists = checked_cast<const ListArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(Layout layout, LayoutOf(lists, context));
  if (layout.used.begin < 0 || layout.used.begin + layout.used.size > lists.values()->length()) {
    return base::MakeError(base::ErrorKind::kCorrupt, "a list ends after its last item");
  }
  const ArrayPtr used = lists.values()->Slice(layout.used.begin, layout.used.size);
  ARROW_ASSIGN_OR_RAISE(ArrayPtr items, ConvertArray(rule.children[0], used, context));
  if (IsLaidOutAsEmitted(*array) && layout.is_contiguous && items == used) {
    return array->type()->Equals(*rule.type, /*check_metadata=*/true) ? array
                                                                      : Retype(*array, rule.type);
  }
  if (!layout.is_contiguous) {
    ARROW_ASSIGN_OR_RAISE(items, GatherItems(lists, layout, items, context));
  }
  if (rule.type->id() == arrow::Type::MAP) ARROW_RETURN_NOT_OK(CheckMapKeys(*items));
  ARROW_ASSIGN_OR_RAISE(auto validity, ValidityOf(*array, context.pool));
  return arrow::MakeArray(arrow::ArrayData::Make(rule.type, array->length(),
                                                 {std::move(validity), std::move(layout.offsets)},
                                                 {items->data()}, array->null_count()));
}

template <typename RunEnd>
arrow::Result<ArrayPtr> RunOfEachRow(const arrow::RunEndEncodedArray& runs,
                                     const ConvertContext& context) {
  const auto& ends =
      checked_cast<const arrow::NumericArray<typename arrow::CTypeTraits<RunEnd>::ArrowType>&>(
          *runs.run_ends());
  arrow::Int64Builder indices(context.pool);
  ARROW_RETURN_NOT_OK(indices.Reserve(runs.length()));
  int64_t row = 0;
  for (int64_t run = runs.FindPhysicalOffset(); run < ends.length() && row < runs.length(); ++run) {
    const int64_t end = std::min<int64_t>(ends.Value(run) - runs.offset(), runs.length());
    for (; row < end; ++row) indices.UnsafeAppend(run);
  }
  if (row < runs.length()) {
    return base::MakeError(base::ErrorKind::kCorrupt, "run-end encoded values end too early");
  }
  return indices.Finish();
}

}  // namespace

arrow::Result<ArrayPtr> TakeValues(const ArrayPtr& values, const ArrayPtr& indices,
                                   const ConvertContext& context) {
  arrow::compute::ExecContext execution(context.pool);
  execution.set_use_threads(false);
  auto taken = arrow::compute::Take(*values, *indices, arrow::compute::TakeOptions::BoundsCheck(),
                                    &execution);
  if (taken.status().IsIndexError()) {
    return base::MakeError(base::ErrorKind::kCorrupt, "an index is out of the range of its values");
  }
  return taken;
}

arrow::Result<ArrayPtr> ConvertList(const TypeRule& rule, const ArrayPtr& array,
                                    const ConvertContext& context) {
  switch (array->type_id()) {
    case arrow::Type::LARGE_LIST:
      return RebuildLists<arrow::LargeListArray>(rule, array, context);
    case arrow::Type::LIST_VIEW:
      return RebuildLists<arrow::ListViewArray>(rule, array, context);
    case arrow::Type::LARGE_LIST_VIEW:
      return RebuildLists<arrow::LargeListViewArray>(rule, array, context);
    case arrow::Type::FIXED_SIZE_LIST:
      return RebuildLists<arrow::FixedSizeListArray>(rule, array, context);
    case arrow::Type::MAP:
      return RebuildLists<arrow::MapArray>(rule, array, context);
    default:
      return RebuildLists<arrow::ListArray>(rule, array, context);
  }
}

arrow::Result<ArrayPtr> ConvertStruct(const TypeRule& rule, const ArrayPtr& array,
                                      const ConvertContext& context) {
  const auto& structs = checked_cast<const arrow::StructArray&>(*array);
  arrow::ArrayDataVector fields;
  bool is_unchanged = array->type()->Equals(*rule.type, /*check_metadata=*/true);
  for (int i = 0; i < structs.num_fields(); ++i) {
    const ArrayPtr field = structs.field(i);
    ARROW_ASSIGN_OR_RAISE(const ArrayPtr converted, ConvertArray(rule.children[i], field, context));
    is_unchanged &= converted == field;
    fields.push_back(converted->data());
  }
  if (is_unchanged) return array;
  ARROW_ASSIGN_OR_RAISE(auto validity, ValidityOf(*array, context.pool));
  return arrow::MakeArray(arrow::ArrayData::Make(rule.type, array->length(), {std::move(validity)},
                                                 std::move(fields), array->null_count()));
}

arrow::Result<ArrayPtr> ConvertDictionary(const TypeRule& rule, const ArrayPtr& array,
                                          const ConvertContext& context) {
  const auto& encoded = checked_cast<const arrow::DictionaryArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(const ArrayPtr values,
                        ConvertArray(rule.children[0], encoded.dictionary(), context));
  return TakeValues(values, encoded.indices(), context);
}

arrow::Result<ArrayPtr> ConvertRunEnds(const TypeRule& rule, const ArrayPtr& array,
                                       const ConvertContext& context) {
  const auto& runs = checked_cast<const arrow::RunEndEncodedArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(const ArrayPtr values,
                        ConvertArray(rule.children[0], runs.values(), context));
  ArrayPtr indices;
  switch (runs.run_ends()->type_id()) {
    case arrow::Type::INT16: {
      ARROW_ASSIGN_OR_RAISE(indices, RunOfEachRow<int16_t>(runs, context));
      break;
    }
    case arrow::Type::INT32: {
      ARROW_ASSIGN_OR_RAISE(indices, RunOfEachRow<int32_t>(runs, context));
      break;
    }
    default: {
      ARROW_ASSIGN_OR_RAISE(indices, RunOfEachRow<int64_t>(runs, context));
      break;
    }
  }
  return TakeValues(values, indices, context);
}

}  // namespace cloudquery
