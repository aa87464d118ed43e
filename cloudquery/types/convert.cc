#include "cloudquery/types/convert.h"

#include "arrow/array/util.h"
#include "arrow/extension_type.h"
#include "arrow/util/bitmap_ops.h"
#include "arrow/util/checked_cast.h"
#include "cloudquery/types/convert_internal.h"
#include "cloudquery/types/convert_json.h"

namespace cloudquery {

using arrow::internal::checked_cast;

ArrayPtr Retype(const arrow::Array& array, const std::shared_ptr<arrow::DataType>& type) {
  auto data = array.data()->Copy();
  data->type = type;
  return arrow::MakeArray(data);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ValidityOf(const arrow::Array& array,
                                                         arrow::MemoryPool* pool) {
  if (array.null_count() == 0) return nullptr;
  if (array.offset() == 0) return array.null_bitmap();
  return arrow::internal::CopyBitmap(pool, array.null_bitmap_data(), array.offset(),
                                     array.length());
}

arrow::Result<ArrayPtr> ConvertArray(const TypeRule& rule, const ArrayPtr& array,
                                     const ConvertContext& context) {
  if (array->type_id() == arrow::Type::EXTENSION) {
    return ConvertArray(rule, checked_cast<const arrow::ExtensionArray&>(*array).storage(),
                        context);
  }
  switch (rule.conversion) {
    case Conversion::kKeep:
      return array->type()->Equals(*rule.type) ? array : Retype(*array, rule.type);
    case Conversion::kInRange:
      return KeepInRange(array, context);
    case Conversion::kInt96:
      return ConvertInt96(rule, *array, context);
    case Conversion::kAllNull:
      return arrow::MakeArrayOfNull(rule.type, array->length(), context.pool);
    case Conversion::kText:
    case Conversion::kBytes:
    case Conversion::kJsonText:
      return ConvertText(rule, array, context);
    case Conversion::kWriteJson:
      return WriteJson(rule, array, context);
    case Conversion::kFloat16:
    case Conversion::kTruth:
    case Conversion::kScale:
    case Conversion::kDecimal:
    case Conversion::kDecimalText:
    case Conversion::kTimeText:
    case Conversion::kIntervalFields:
      return ConvertScalars(rule, array, context);
    case Conversion::kList:
      return ConvertList(rule, array, context);
    case Conversion::kStruct:
      return ConvertStruct(rule, array, context);
    case Conversion::kDictionary:
      return ConvertDictionary(rule, array, context);
    case Conversion::kRunEnds:
      return ConvertRunEnds(rule, array, context);
  }
  return array;
}

}  // namespace cloudquery
