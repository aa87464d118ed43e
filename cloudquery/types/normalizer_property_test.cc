// Random types, nested at will, with random values in arrays that begin anywhere in their buffers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "arrow/array/util.h"
#include "arrow/extension/bool8.h"
#include "arrow/extension/json.h"
#include "arrow/extension/uuid.h"
#include "arrow/extension_type.h"
#include "arrow/util/key_value_metadata.h"
#include "base/testing.h"
#include "cloudquery/testing/convert_testing.h"
#include "cloudquery/types/normalizer.h"

namespace cloudquery {
namespace {

using arrow::field;
using arrow::TimeUnit;
using base::IsOk;
using Type = std::shared_ptr<arrow::DataType>;

bool IsSafeScalar(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::DATE32:
      return true;
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return static_cast<const arrow::DecimalType&>(type).scale() >= 0;
    case arrow::Type::TIME32:
      return type.ToString() == "time32[ms]";
    case arrow::Type::TIME64:
      return type.ToString() == "time64[us]";
    case arrow::Type::TIMESTAMP: {
      const std::string text = type.ToString();
      return text.find("[s") == text.npos &&
             (text.find("tz=") == text.npos || text.find("tz=UTC]") != text.npos);
    }
    default:
      return false;
  }
}

// What destinations take, stated again and in another way than in the rules.
bool IsSafe(const arrow::Field& sent, bool lists_may_nest, bool in_list = false) {
  const arrow::DataType& type = *sent.type();
  const bool has_extension = sent.metadata() != nullptr && sent.metadata()->size() > 0;
  if (has_extension) {
    return sent.Equals(UuidField(sent.name()), true) || sent.Equals(JsonField(sent.name()), true);
  }
  switch (type.id()) {
    case arrow::Type::LIST:
      return (lists_may_nest || !in_list) && type.field(0)->name() == "item" &&
             type.field(0)->nullable() && IsSafe(*type.field(0), lists_may_nest, true);
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return map.key_field()->name() == "key" && map.item_field()->name() == "value" &&
             !map.key_field()->nullable() && map.item_field()->nullable() &&
             IsSafe(*map.key_field(), lists_may_nest) && IsSafe(*map.item_field(), lists_may_nest);
    }
    case arrow::Type::STRUCT:
      for (const auto& child : type.fields()) {
        if (!child->nullable() || !IsSafe(*child, lists_may_nest)) return false;
      }
      return type.num_fields() > 0;
    default:
      return IsSafeScalar(type);
  }
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  size_t Below(size_t bound) { return random_() % bound; }
  bool OneIn(size_t n) { return Below(n) == 0; }

  Type AnyType(int depth) { return depth > 0 && !OneIn(3) ? NestedType(depth - 1) : FlatType(); }

  // An array that is a part of a longer one, often.
  ArrayPtr AnyArray(const Type& type, int64_t length, bool nulls = true) {
    const int64_t before = static_cast<int64_t>(Below(4)), after = static_cast<int64_t>(Below(3));
    return Whole(type, before + length + after, nulls)->Slice(before, length);
  }

 private:
  Type FlatType() {
    static const std::vector<Type> kTypes = {arrow::null(),
                                             arrow::boolean(),
                                             arrow::int8(),
                                             arrow::uint64(),
                                             arrow::float16(),
                                             arrow::float64(),
                                             arrow::decimal32(5, 2),
                                             arrow::decimal64(9, 0),
                                             arrow::decimal256(50, 3),
                                             arrow::utf8(),
                                             arrow::large_utf8(),
                                             arrow::utf8_view(),
                                             arrow::binary(),
                                             arrow::large_binary(),
                                             arrow::binary_view(),
                                             arrow::fixed_size_binary(3),
                                             arrow::date32(),
                                             arrow::date64(),
                                             arrow::time32(TimeUnit::SECOND),
                                             arrow::time32(TimeUnit::MILLI),
                                             arrow::time64(TimeUnit::MICRO),
                                             arrow::time64(TimeUnit::NANO),
                                             arrow::timestamp(TimeUnit::SECOND),
                                             arrow::timestamp(TimeUnit::NANO, "Asia/Tokyo"),
                                             arrow::duration(TimeUnit::MILLI),
                                             arrow::month_interval(),
                                             arrow::day_time_interval(),
                                             arrow::month_day_nano_interval(),
                                             arrow::extension::uuid(),
                                             arrow::extension::json(),
                                             arrow::extension::bool8(),
                                             arrow::dictionary(arrow::int8(), arrow::large_utf8()),
                                             arrow::struct_({})};
    return kTypes[Below(kTypes.size())];
  }

  std::shared_ptr<arrow::Field> AnyField(int depth) {
    static const std::vector<std::string> kNames = {"a", "A", "b", "", "c d", "a_2"};
    return field(kNames[Below(kNames.size())], AnyType(depth));
  }

  arrow::FieldVector AnyFields(int depth) {
    arrow::FieldVector fields(1 + Below(3));
    for (auto& one : fields) one = AnyField(depth);
    return fields;
  }

  Type NestedType(int depth) {
    switch (Below(11)) {
      case 0:
        return arrow::list(AnyField(depth));
      case 1:
        return arrow::large_list(AnyField(depth));
      case 2:
        return arrow::list_view(AnyField(depth));
      case 3:
        return arrow::large_list_view(AnyField(depth));
      case 4:
        return arrow::fixed_size_list(AnyField(depth), static_cast<int32_t>(Below(3)));
      case 5:
        return arrow::map(OneIn(2) ? arrow::large_utf8() : arrow::int32(), AnyType(depth));
      case 6:
        return arrow::dense_union(AnyFields(depth));
      case 7:
        return arrow::sparse_union(AnyFields(depth));
      case 8:
        return arrow::dictionary(arrow::int16(), AnyType(depth));
      case 9:
        return arrow::run_end_encoded(arrow::int32(), AnyType(depth));
      default:
        return arrow::struct_(AnyFields(depth));
    }
  }

  std::string Number(std::string before, size_t bound, std::string_view after) {
    return before.append(std::to_string(Below(bound))).append(after);
  }

  std::string FlatValue(arrow::Type::type id) {
    static const std::vector<std::string> kTexts = {R"("")", R"("a")", R"("\u20ac")",
                                                    R"("longer than twelve bytes")"};
    switch (id) {
      case arrow::Type::NA:
        return "null";
      case arrow::Type::BOOL:
        return OneIn(2) ? "true" : "false";
      case arrow::Type::STRING:
      case arrow::Type::LARGE_STRING:
      case arrow::Type::STRING_VIEW:
      case arrow::Type::BINARY:
      case arrow::Type::LARGE_BINARY:
      case arrow::Type::BINARY_VIEW:
        return kTexts[Below(kTexts.size())];
      case arrow::Type::FIXED_SIZE_BINARY:
        return "\"abc\"";
      case arrow::Type::DECIMAL32:
        return Number("\"", 999, ".25\"");
      case arrow::Type::DECIMAL64:
        return Number("\"-", 999, "\"");
      case arrow::Type::DECIMAL256:
        return Number("\"", 999, ".125\"");
      case arrow::Type::INTERVAL_DAY_TIME:
        return Number("[1, ", 9, "]");
      case arrow::Type::INTERVAL_MONTH_DAY_NANO:
        return Number("[1, 2, ", 9, "]");
      case arrow::Type::DATE64:
        return std::to_string(Below(100) * 24 * 60 * 60 * 1000);
      default:
        return std::to_string(Below(100));
    }
  }

  // Values that `one` makes, or null.
  template <typename One>
  std::string JsonValues(int64_t length, bool nulls, One one) {
    std::string json = "[";
    for (int64_t i = 0; i < length; ++i) {
      if (i > 0) json += ',';
      json += nulls && OneIn(4) ? "null" : one();
    }
    return json += ']';
  }

  ArrayPtr Flat(const Type& type, int64_t length, bool nulls) {
    return FromJson(type, JsonValues(length, nulls, [&] { return FlatValue(type->id()); }));
  }

  ArrayPtr Uuids(int64_t length, bool nulls) {
    return FromJson(arrow::fixed_size_binary(16),
                    JsonValues(length, nulls, [] { return std::string("\"0123456789abcdef\""); }));
  }

  std::shared_ptr<arrow::Buffer> Validity(int64_t length, bool nulls) {
    if (!nulls || OneIn(3)) return nullptr;
    std::string bits(static_cast<size_t>(length / 8 + 1), '\0');
    for (char& byte : bits) byte = static_cast<char>(Below(256) | Below(256));
    return arrow::Buffer::FromString(std::move(bits));
  }

  template <typename Number>
  static std::shared_ptr<arrow::Buffer> Numbers(const std::vector<int64_t>& values) {
    std::string bytes;
    for (const int64_t value : values) {
      const auto number = static_cast<Number>(value);
      bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
    }
    return arrow::Buffer::FromString(std::move(bytes));
  }

  template <typename Offset>
  ArrayPtr Lists(const Type& type, int64_t length, bool nulls) {
    std::vector<int64_t> offsets = {static_cast<int64_t>(Below(3))};
    for (int64_t i = 0; i < length; ++i) offsets.push_back(offsets.back() + Below(4));
    const bool is_map = type->id() == arrow::Type::MAP;
    const ArrayPtr items = AnyArray(type->field(0)->type(), offsets.back() + Below(2), !is_map);
    return arrow::MakeArray(arrow::ArrayData::Make(
        type, length, {Validity(length, nulls), Numbers<Offset>(offsets)}, {items->data()}));
  }

  template <typename Offset>
  ArrayPtr ListViews(const Type& type, int64_t length, bool nulls) {
    const ArrayPtr items = AnyArray(type->field(0)->type(), 8);
    std::vector<int64_t> offsets, sizes;
    for (int64_t i = 0; i < length; ++i) {
      offsets.push_back(Below(6));
      sizes.push_back(Below(3));
    }
    return arrow::MakeArray(arrow::ArrayData::Make(
        type, length, {Validity(length, nulls), Numbers<Offset>(offsets), Numbers<Offset>(sizes)},
        {items->data()}));
  }

  ArrayPtr Unions(const Type& type, int64_t length) {
    const auto mode = static_cast<const arrow::UnionType&>(*type).mode();
    const bool is_dense = mode == arrow::UnionMode::DENSE;
    arrow::ArrayDataVector members;
    for (const auto& member : type->fields()) {
      members.push_back(AnyArray(member->type(), length)->data());
    }
    std::vector<int64_t> ids, offsets, latest(members.size());
    for (int64_t i = 0; i < length; ++i) {
      ids.push_back(Below(members.size()));
      // A member's values must come in order, but not one after the other.
      latest[ids[i]] += i == latest[ids[i]] ? 0 : static_cast<int64_t>(Below(2));
      offsets.push_back(latest[ids[i]]);
    }
    arrow::BufferVector buffers = {nullptr, Numbers<int8_t>(ids)};
    if (is_dense) buffers.push_back(Numbers<int32_t>(offsets));
    return arrow::MakeArray(
        arrow::ArrayData::Make(type, length, std::move(buffers), std::move(members), 0));
  }

  ArrayPtr Runs(const Type& type, int64_t length, bool nulls) {
    const auto& encoded = static_cast<const arrow::RunEndEncodedType&>(*type);
    std::vector<int64_t> ends;
    for (int64_t end = 0; end < length; ends.push_back(end)) end += 1 + Below(3);
    const auto run_ends = arrow::MakeArray(
        arrow::ArrayData::Make(arrow::int32(), ends.size(), {nullptr, Numbers<int32_t>(ends)}, 0));
    return arrow::RunEndEncodedArray::Make(length, run_ends,
                                           AnyArray(encoded.value_type(), ends.size(), nulls))
        .ValueOrDie();
  }

  ArrayPtr Dictionary(const Type& type, int64_t length, bool nulls) {
    const auto& encoded = static_cast<const arrow::DictionaryType&>(*type);
    const ArrayPtr values = AnyArray(encoded.value_type(), 4, nulls);
    const std::string indices = JsonValues(length, nulls, [&] { return std::to_string(Below(4)); });
    return arrow::DictionaryArray::FromArrays(type, FromJson(encoded.index_type(), indices), values)
        .ValueOrDie();
  }

  ArrayPtr Whole(const Type& type, int64_t length, bool nulls) {
    switch (type->id()) {
      case arrow::Type::LIST:
      case arrow::Type::MAP:
        return Lists<int32_t>(type, length, nulls);
      case arrow::Type::LARGE_LIST:
        return Lists<int64_t>(type, length, nulls);
      case arrow::Type::LIST_VIEW:
        return ListViews<int32_t>(type, length, nulls);
      case arrow::Type::LARGE_LIST_VIEW:
        return ListViews<int64_t>(type, length, nulls);
      case arrow::Type::FIXED_SIZE_LIST: {
        const int32_t size = static_cast<const arrow::FixedSizeListType&>(*type).list_size();
        return arrow::MakeArray(
            arrow::ArrayData::Make(type, length, {Validity(length, nulls)},
                                   {AnyArray(type->field(0)->type(), length * size)->data()}));
      }
      case arrow::Type::STRUCT: {
        arrow::ArrayDataVector fields;
        for (const auto& one : type->fields()) {
          fields.push_back(AnyArray(one->type(), length, nulls)->data());
        }
        return arrow::MakeArray(
            arrow::ArrayData::Make(type, length, {Validity(length, nulls)}, std::move(fields)));
      }
      case arrow::Type::SPARSE_UNION:
      case arrow::Type::DENSE_UNION:
        return Unions(type, length);
      case arrow::Type::RUN_END_ENCODED:
        return Runs(type, length, nulls);
      case arrow::Type::DICTIONARY:
        return Dictionary(type, length, nulls);
      case arrow::Type::EXTENSION: {
        const auto& storage = static_cast<const arrow::ExtensionType&>(*type).storage_type();
        return arrow::ExtensionType::WrapArray(type, storage->Equals(arrow::fixed_size_binary(16))
                                                         ? Uuids(length, nulls)
                                                         : Whole(storage, length, nulls));
      }
      default:
        return Flat(type, length, nulls);
    }
  }

  std::mt19937 random_;
};

bool IsNullAt(const arrow::Array& array, int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::DICTIONARY: {
      const auto& encoded = static_cast<const arrow::DictionaryArray&>(array);
      return array.IsNull(row) || IsNullAt(*encoded.dictionary(), encoded.GetValueIndex(row));
    }
    case arrow::Type::RUN_END_ENCODED: {
      const auto& encoded = static_cast<const arrow::RunEndEncodedArray&>(array);
      const auto& ends = static_cast<const arrow::Int32Array&>(*encoded.run_ends());
      int64_t run = 0;
      while (ends.Value(run) <= array.offset() + row) ++run;
      return IsNullAt(*encoded.values(), run);
    }
    case arrow::Type::EXTENSION:
      return IsNullAt(*static_cast<const arrow::ExtensionArray&>(array).storage(), row);
    case arrow::Type::DENSE_UNION: {
      const auto& unions = static_cast<const arrow::DenseUnionArray&>(array);
      return IsNullAt(*unions.field(unions.child_id(row)), unions.value_offset(row));
    }
    case arrow::Type::SPARSE_UNION: {
      const auto& unions = static_cast<const arrow::SparseUnionArray&>(array);
      return IsNullAt(*unions.field(unions.child_id(row)), row);
    }
    default:
      return array.IsNull(row);
  }
}

void CheckOneColumn(unsigned seed) {
  Generator generator(seed);
  const NormalizeOptions options{.nested_lists =
                                     generator.OneIn(2) ? NestedLists::kJson : NestedLists::kList};
  const Type type = generator.AnyType(3);
  const int64_t rows = static_cast<int64_t>(generator.Below(9));
  const ArrayPtr array = generator.AnyArray(type, rows);
  SCOPED_TRACE("seed " + std::to_string(seed) + ": " + type->ToString());
  ASSERT_THAT(array->ValidateFull(), IsOk());

  const auto input = arrow::schema({field("x", type)});
  const auto normalizer = Normalizer::Make(*input, options).ValueOrDie();
  const arrow::Field& sent = *normalizer->schema()->field(0);
  EXPECT_TRUE(IsSafe(sent, options.nested_lists == NestedLists::kList)) << sent.ToString(true);

  const auto convert = [&](int64_t offset, int64_t length) {
    ConvertStats stats;
    return normalizer->Convert(
        arrow::RecordBatch::Make(input, length, {array->Slice(offset, length)}), &stats,
        arrow::default_memory_pool());
  };
  const auto whole = convert(0, rows);
  ASSERT_THAT(whole, IsOk());
  ASSERT_EQ((*whole)->num_rows(), rows);
  EXPECT_THAT((*whole)->ValidateFull(), IsOk());
  for (int64_t row = 0; row < rows; ++row) {
    EXPECT_EQ((*whole)->column(0)->IsNull(row), IsNullAt(*array, row)) << "row " << row;
  }
  const int64_t offset = static_cast<int64_t>(generator.Below(rows + 1));
  const int64_t length = static_cast<int64_t>(generator.Below(rows - offset + 1));
  const auto part = convert(offset, length);
  ASSERT_THAT(part, IsOk());
  EXPECT_THAT((*part)->ValidateFull(), IsOk());
  EXPECT_TRUE((*part)->Equals(*(*whole)->Slice(offset, length)))
      << (*part)->ToString() << " instead of " << (*whole)->Slice(offset, length)->ToString();

  // What was made ready once needs nothing more.
  const auto again = Normalizer::Make(*normalizer->schema(), options).ValueOrDie();
  EXPECT_TRUE(again->schema()->Equals(*normalizer->schema(), /*check_metadata=*/true));
  ConvertStats stats;
  const auto unchanged = again->Convert(*whole, &stats, arrow::default_memory_pool());
  ASSERT_THAT(unchanged, IsOk());
  EXPECT_TRUE((*unchanged)->Equals(**whole));
  EXPECT_EQ(stats, ConvertStats{});
}

TEST(NormalizerProperty, WhateverTheTypesTheOutputIsSafeAndValidAndKeepsItsRows) {
  for (unsigned seed = 0; seed < 3000 && !::testing::Test::HasFailure(); ++seed) {
    CheckOneColumn(seed);
  }
}

}  // namespace
}  // namespace cloudquery
