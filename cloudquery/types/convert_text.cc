// Strings, byte strings, and texts that should be JSON or UUIDs.
#include <limits>
#include <string_view>

#include "arrow/array/builder_binary.h"
#include "arrow/util/checked_cast.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cloudquery/types/convert_internal.h"
#include "cloudquery/types/convert_json.h"
#include "cloudquery/types/convert_json_check.h"
#include "cloudquery/types/extension_types.h"

namespace cloudquery {
namespace {

using arrow::internal::checked_cast;

bool BeginsInsideCharacter(std::string_view text, int64_t at) {
  return at < static_cast<int64_t>(text.size()) &&
         (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

// If the bytes are valid as one text, and no value begins inside a character, every value is valid.
// That takes one pass over the bytes and one over the offsets, instead of one call for each value.
bool AllValidUtf8(const arrow::StringArray& array) {
  if (array.length() == 0) return true;
  const int32_t* offsets = array.raw_value_offsets();
  const int64_t size = offsets[array.length()] - offsets[0];
  if (size == 0) return true;
  const std::string_view text(reinterpret_cast<const char*>(array.raw_data()) + offsets[0],
                              static_cast<size_t>(size));
  if (!base::IsValidUtf8(text)) return false;
  for (int64_t i = 1; i < array.length(); ++i) {
    if (BeginsInsideCharacter(text, offsets[i] - offsets[0])) return false;
  }
  return true;
}

arrow::Result<ArrayPtr> CheckUtf8(const ArrayPtr& array, const ConvertContext& context) {
  const auto& strings = checked_cast<const arrow::StringArray&>(*array);
  if (AllValidUtf8(strings)) return array;
  arrow::StringBuilder builder(context.pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(strings.length()));
  ARROW_RETURN_NOT_OK(builder.ReserveData(strings.total_values_length()));
  for (int64_t i = 0; i < strings.length(); ++i) {
    if (strings.IsNull(i)) {
      builder.UnsafeAppendNull();
    } else if (base::IsValidUtf8(strings.GetView(i))) {
      ARROW_RETURN_NOT_OK(builder.Append(strings.GetView(i)));
    } else {
      ++context.stats->invalid_utf8_values;
      ARROW_RETURN_NOT_OK(builder.Append(base::ReplaceInvalidUtf8(strings.GetView(i))));
    }
  }
  return builder.Finish();
}

// Shares the bytes and writes new offsets.
template <typename LargeArray>
arrow::Result<ArrayPtr> NarrowOffsets(const arrow::Array& array,
                                      const std::shared_ptr<arrow::DataType>& type,
                                      const ConvertContext& context) {
  const auto& large = checked_cast<const LargeArray&>(array);
  const int64_t first = large.length() == 0 ? 0 : large.value_offset(0);
  const int64_t size = large.length() == 0 ? 0 : large.value_offset(large.length()) - first;
  if (size > std::numeric_limits<int32_t>::max()) {
    return base::MakeError(base::ErrorKind::kLimit,
                           "a batch holds more than 2 GiB of text or bytes in one column");
  }
  ARROW_ASSIGN_OR_RAISE(
      std::shared_ptr<arrow::Buffer> offsets,
      arrow::AllocateBuffer((large.length() + 1) * sizeof(int32_t), context.pool));
  auto* out = offsets->mutable_data_as<int32_t>();
  out[0] = 0;
  for (int64_t i = 0; i < large.length(); ++i) {
    out[i + 1] = static_cast<int32_t>(large.value_offset(i + 1) - first);
  }
  ARROW_ASSIGN_OR_RAISE(auto validity, ValidityOf(array, context.pool));
  // Arrow requires a buffer, even an empty one.
  auto bytes = size == 0 ? std::make_shared<arrow::Buffer>(std::string_view(""))
                         : arrow::SliceBuffer(large.value_data(), first, size);
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, array.length(), {std::move(validity), std::move(offsets), std::move(bytes)},
      array.null_count()));
}

arrow::Result<ArrayPtr> GatherViews(const arrow::Array& array,
                                    const std::shared_ptr<arrow::DataType>& type,
                                    const ConvertContext& context) {
  const auto& views = checked_cast<const arrow::BinaryViewArray&>(array);
  int64_t size = 0;
  for (int64_t i = 0; i < views.length(); ++i) {
    if (views.IsValid(i)) size += static_cast<int64_t>(views.GetView(i).size());
  }
  arrow::BinaryBuilder builder(context.pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(views.length()));
  ARROW_RETURN_NOT_OK(builder.ReserveData(size));
  for (int64_t i = 0; i < views.length(); ++i) {
    if (views.IsNull(i)) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(views.GetView(i));
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto bytes, builder.Finish());
  return Retype(*bytes, type);
}

// Any layout as `type`, which is utf8() or binary(). Checks nothing.
arrow::Result<ArrayPtr> ToSmallOffsets(const ArrayPtr& array,
                                       const std::shared_ptr<arrow::DataType>& type,
                                       const ConvertContext& context) {
  switch (array->type_id()) {
    case arrow::Type::LARGE_STRING:
      return NarrowOffsets<arrow::LargeStringArray>(*array, type, context);
    case arrow::Type::LARGE_BINARY:
      return NarrowOffsets<arrow::LargeBinaryArray>(*array, type, context);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return GatherViews(*array, type, context);
    default:
      return array->type()->Equals(*type) ? array : Retype(*array, type);
  }
}

arrow::Result<ArrayPtr> CheckJson(const ArrayPtr& array, const ConvertContext& context) {
  const auto& texts = checked_cast<const arrow::BinaryArray&>(*array);
  std::vector<int64_t> invalid;
  for (int64_t i = 0; i < texts.length(); ++i) {
    if (texts.IsValid(i) && !IsJson(texts.GetView(i))) invalid.push_back(i);
  }
  if (invalid.empty()) return array;
  context.stats->invalid_json_values += static_cast<int64_t>(invalid.size());

  arrow::BinaryBuilder builder(context.pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(texts.length()));
  size_t next_invalid = 0;
  std::string quoted;
  for (int64_t i = 0; i < texts.length(); ++i) {
    if (texts.IsNull(i)) {
      builder.UnsafeAppendNull();
    } else if (next_invalid < invalid.size() && invalid[next_invalid] == i) {
      ++next_invalid;
      quoted.clear();
      AppendJsonString(texts.GetView(i), &quoted);
      ARROW_RETURN_NOT_OK(builder.Append(quoted));
    } else {
      ARROW_RETURN_NOT_OK(builder.Append(texts.GetView(i)));
    }
  }
  return builder.Finish();
}

// 8-4-4-4-12 hex digits, with the hyphens or without any.
bool ParseUuid(std::string_view text, uint8_t* out) {
  const bool hyphens = text.size() == 36;
  if (!hyphens && text.size() != 2 * kUuidBytes) return false;
  size_t at = 0;
  for (int i = 0; i < kUuidBytes; ++i) {
    const bool hyphen_here = hyphens && (at == 8 || at == 13 || at == 18 || at == 23);
    if (hyphen_here && text[at++] != '-') return false;
    const int high = base::HexDigitValue(text[at++]);
    const int low = base::HexDigitValue(text[at++]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

}  // namespace

arrow::Result<ArrayPtr> ConvertText(const TypeRule& rule, const ArrayPtr& array,
                                    const ConvertContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto small, ToSmallOffsets(array, rule.type, context));
  if (rule.conversion == Conversion::kText) return CheckUtf8(small, context);
  if (rule.conversion == Conversion::kJsonText) return CheckJson(small, context);
  return small;
}

arrow::Result<ArrayPtr> ParseUuids(const arrow::Array& array, const ConvertContext& context) {
  const auto& texts = checked_cast<const arrow::BinaryArray&>(array);
  const bool may_be_raw = array.type_id() == arrow::Type::BINARY;
  arrow::FixedSizeBinaryBuilder builder(ExtensionStorage(ExtensionType::kUuid), context.pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(texts.length()));
  for (int64_t i = 0; i < texts.length(); ++i) {
    uint8_t uuid[kUuidBytes];
    const std::string_view value = texts.IsNull(i) ? std::string_view() : texts.GetView(i);
    if (texts.IsNull(i)) {
      builder.UnsafeAppendNull();
    } else if (may_be_raw && value.size() == kUuidBytes) {
      builder.UnsafeAppend(value);
    } else if (ParseUuid(value, uuid)) {
      builder.UnsafeAppend(uuid);
    } else {
      ++context.stats->invalid_ids;
      builder.UnsafeAppendNull();
    }
  }
  return builder.Finish();
}

}  // namespace cloudquery
