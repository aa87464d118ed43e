#include "source/schema/type_union.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/int96_type.h"
#include "cloudquery/types/described_columns.h"

namespace source {
namespace {

using arrow::field;
using arrow::TimeUnit;
using Type = std::shared_ptr<arrow::DataType>;

// How objects that were written with these types describe a column.
std::shared_ptr<arrow::Field> Described(const Type& type) {
  return cloudquery::DescribeColumns(*arrow::schema({field("c", type)}), {})->field(0);
}

// The text of the type that they are united to; of what is in the way, if nothing holds them.
std::string United(const std::vector<Type>& types) {
  std::vector<TypeVariant> variants;
  for (size_t i = 0; i < types.size(); ++i) variants.push_back({Described(types[i]), {i}});
  std::vector<TypeConflict> conflicts;
  const auto united = UniteTypes("c", variants, &conflicts);
  EXPECT_EQ(united == nullptr, !conflicts.empty());
  if (united != nullptr) return cloudquery::DescribedTypeText(*united);
  std::string text = "conflict";
  for (const TypeConflict& conflict : conflicts) text += " " + conflict.path;
  return text;
}

Type Utc(TimeUnit::type unit) { return arrow::timestamp(unit, "UTC"); }
Type Int96() { return std::make_shared<base::Int96Type>(); }

struct Case {
  std::vector<Type> types;
  std::string united;
};

// In every order.
void Expect(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    std::vector<size_t> order(c.types.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    do {
      std::vector<Type> types;
      for (const size_t i : order) types.push_back(c.types[i]);
      EXPECT_EQ(United(types), c.united) << types[0]->ToString();
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(TypeUnion, IntegersWiden) {
  Expect({
      {{arrow::int8(), arrow::int64(), arrow::int16()}, "int64"},
      {{arrow::uint8(), arrow::uint32()}, "uint32"},
      {{arrow::uint8(), arrow::int8()}, "int16"},
      {{arrow::uint32(), arrow::int32()}, "int64"},
      {{arrow::uint32(), arrow::int64()}, "int64"},
      {{arrow::uint64(), arrow::uint8()}, "uint64"},
      {{arrow::uint64(), arrow::int8()}, "decimal128(20, 0)"},
      {{arrow::int8(), arrow::boolean()}, "conflict c"},
  });
}

TEST(TypeUnion, FloatsHoldWhatTheyHoldExactly) {
  Expect({
      {{arrow::float32(), arrow::float64()}, "double"},
      {{arrow::float16(), arrow::float32()}, "float"},
      {{arrow::float32(), arrow::int16()}, "float"},
      {{arrow::float32(), arrow::int32()}, "double"},
      {{arrow::float64(), arrow::uint32(), arrow::int32()}, "double"},
      {{arrow::float64(), arrow::int64()}, "conflict c"},
      {{arrow::float64(), arrow::decimal128(4, 2)}, "conflict c"},
  });
}

TEST(TypeUnion, DecimalsHoldAllDigitsOfBoth) {
  Expect({
      {{arrow::decimal128(4, 2), arrow::decimal128(6, 2)}, "decimal128(6, 2)"},
      {{arrow::decimal128(4, 2), arrow::decimal128(5, 4)}, "decimal128(6, 4)"},
      {{arrow::decimal128(4, 2), arrow::int32()}, "decimal128(12, 2)"},
      {{arrow::decimal128(38, 0), arrow::decimal128(10, 10)}, "decimal256(48, 10)"},
      {{arrow::decimal256(40, 0), arrow::uint64()}, "decimal256(40, 0)"},
      {{arrow::decimal256(76, 0), arrow::decimal128(2, 2)}, "conflict c"},
  });
}

TEST(TypeUnion, TimesTakeTheFinestUnitAndLocalOnesStayApartFromUtc) {
  Expect({
      {{arrow::timestamp(TimeUnit::MILLI), arrow::timestamp(TimeUnit::NANO)}, "timestamp[ns]"},
      {{arrow::timestamp(TimeUnit::SECOND), arrow::date32()}, "timestamp[ms]"},
      {{Utc(TimeUnit::MILLI), arrow::timestamp(TimeUnit::MICRO, "Asia/Tokyo")},
       "timestamp[us, tz=UTC]"},
      {{Utc(TimeUnit::MILLI), arrow::date32()}, "timestamp[ms, tz=UTC]"},
      {{Utc(TimeUnit::MILLI), arrow::timestamp(TimeUnit::MILLI)}, "conflict c"},
      {{Utc(TimeUnit::MILLI), arrow::timestamp(TimeUnit::MILLI), arrow::date32()}, "conflict c"},
      {{arrow::time32(TimeUnit::MILLI), arrow::time64(TimeUnit::MICRO)}, "time64[us]"},
      {{arrow::time32(TimeUnit::MILLI), arrow::time64(TimeUnit::NANO)}, "utf8"},
      {{arrow::time64(TimeUnit::MICRO), arrow::utf8()}, "conflict c"},
      {{arrow::time64(TimeUnit::MICRO), arrow::timestamp(TimeUnit::MICRO)}, "conflict c"},
      {{arrow::duration(TimeUnit::MILLI), arrow::duration(TimeUnit::MICRO)},
       "int64 (duration[us])"},
      {{arrow::duration(TimeUnit::MILLI), arrow::int64()}, "conflict c"},
  });
}

TEST(TypeUnion, Int96IsLocalOrUtcAsTheTimesBesideIt) {
  Expect({
      {{Int96(), Utc(TimeUnit::MILLI)}, "timestamp[us, tz=UTC]"},
      {{Int96(), Utc(TimeUnit::NANO)}, "timestamp[ns, tz=UTC]"},
      {{Int96(), arrow::timestamp(TimeUnit::MILLI)}, "timestamp[us]"},
      {{Int96(), arrow::date32()}, "timestamp[us]"},
      {{Int96(), arrow::timestamp(TimeUnit::MILLI), Utc(TimeUnit::MILLI)}, "conflict c"},
  });
}

TEST(TypeUnion, NullTypedColumnsTakeAnyType) {
  Expect({
      {{arrow::null(), arrow::int8()}, "int8"},
      {{arrow::null(), arrow::struct_({field("a", arrow::int8())})}, "struct<a: int8>"},
      {{arrow::null(), arrow::list(arrow::null()), arrow::list(arrow::int8())}, "list<item: int8>"},
      {{arrow::null(), arrow::null()}, "utf8"},
  });
}

TEST(TypeUnion, TextAndNumbersAndOtherTypesHaveNothingInCommon) {
  Expect({
      {{arrow::utf8(), arrow::dictionary(arrow::int8(), arrow::large_utf8())}, "utf8"},
      {{arrow::binary(), arrow::fixed_size_binary(3)}, "binary"},
      {{arrow::utf8(), arrow::int64()}, "conflict c"},
      {{arrow::utf8(), arrow::binary()}, "conflict c"},
      {{arrow::utf8(), arrow::list(arrow::utf8())}, "conflict c"},
      {{arrow::struct_({field("a", arrow::int8())}), arrow::int8()}, "conflict c"},
  });
}

TEST(TypeUnion, NestedTypesAreUnitedFromWithin) {
  const auto p = [](arrow::FieldVector fields) { return arrow::struct_(std::move(fields)); };
  Expect({
      {{arrow::list(arrow::int8()), arrow::large_list(arrow::int32())}, "list<item: int32>"},
      {{arrow::map(arrow::utf8(), arrow::int8()), arrow::map(arrow::utf8(), arrow::int64())},
       "map<utf8, int64>"},
      {{p({field("a", arrow::int8())}), p({field("a", arrow::utf8())})}, "conflict c.a"},
      {{arrow::list(p({field("a", arrow::int8()), field("b", arrow::int8())})),
        arrow::list(p({field("a", arrow::utf8()), field("b", arrow::date32())}))},
       "conflict c.item.a c.item.b"},
  });
  EXPECT_EQ(United({p({field("b", arrow::int8()), field("A", arrow::int8())}),
                    p({field("a", arrow::int16()), field("c", arrow::utf8())})}),
            "struct<b: int8, A: int16, c: utf8>");
}

using Places = std::vector<std::optional<size_t>>;

TEST(MatchNames, TakesEqualNamesFirstAndThenThoseThatDifferInCase) {
  const std::vector<std::string> known = {"ID", "id", "name", "id"};
  const auto match = [&](std::vector<std::string> own) { return MatchNames(known, own, true); };
  EXPECT_EQ(match({"id", "name"}), (Places{1, 2}));
  EXPECT_EQ(match({"Id", "id", "id"}), (Places{0, 1, 3}));
  EXPECT_EQ(match({"Name", "other"}), (Places{2, std::nullopt}));
  EXPECT_EQ(MatchNames(known, std::vector<std::string>{"Name"}, false), (Places{std::nullopt}));
}

}  // namespace
}  // namespace source
