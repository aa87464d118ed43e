// Random families of objects of one table: the union of their schemas, and every value as it is
// sent, are compared with a model that knows nothing of the rules but what numbers, texts and times
// are.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <set>

#include "arrow/array.h"
#include "arrow/builder.h"
#include "arrow/scalar.h"
#include "base/testing.h"
#include "cloudquery/types/described_columns.h"
#include "cloudquery/types/normalizer.h"
#include "source/schema/projection.h"
#include "source/schema/schema_union.h"
#include "source/schema/table_schema.h"

namespace source {
namespace {

using base::IsOk;
using Random = std::mt19937_64;
using Type = std::shared_ptr<arrow::DataType>;

// Values of a type as the model sees them: whole numbers in a range, as binary fractions or as
// decimal ones; or something else that only equals itself.
struct Kind {
  Type type;
  std::string family;  // only equal families have a type in common
  __int128 min = 0;
  __int128 max = 0;
  int fraction_digits = 0;
};

__int128 Power(int base, int exponent) {
  return exponent == 0 ? 1 : base * Power(base, exponent - 1);
}

Kind Integer(Type type, int bits, bool is_signed) {
  return {std::move(type), "integer", is_signed ? -Power(2, bits - 1) : 0,
          Power(2, is_signed ? bits - 1 : bits) - 1};
}
Kind Decimal(int precision, int scale) {
  return {arrow::decimal128(precision, scale), "decimal", -(Power(10, precision) - 1),
          Power(10, precision) - 1, scale};
}
Kind Time(arrow::TimeUnit::type unit, const std::string& zone, int digits) {
  return {arrow::timestamp(unit, zone), zone.empty() ? "local" : "utc", -Power(10, 9), Power(10, 9),
          digits};
}

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kKinds = {
      Integer(arrow::int8(), 8, true),
      Integer(arrow::int16(), 16, true),
      Integer(arrow::int32(), 32, true),
      Integer(arrow::int64(), 64, true),
      Integer(arrow::uint8(), 8, false),
      Integer(arrow::uint16(), 16, false),
      Integer(arrow::uint32(), 32, false),
      Integer(arrow::uint64(), 64, false),
      {arrow::float32(), "float", -Power(2, 24), Power(2, 24)},
      {arrow::float64(), "float", -Power(2, 53), Power(2, 53)},
      Decimal(4, 2),
      Decimal(9, 0),
      Decimal(12, 5),
      Time(arrow::TimeUnit::MILLI, "", 3),
      Time(arrow::TimeUnit::MICRO, "", 6),
      Time(arrow::TimeUnit::NANO, "", 9),
      Time(arrow::TimeUnit::MILLI, "UTC", 3),
      Time(arrow::TimeUnit::NANO, "UTC", 9),
      {arrow::date32(), "date", -10'000, 10'000},
      {arrow::utf8(), "text", 0, 9},
      {arrow::null(), "null"},
  };
  return kKinds;
}

// Whether values of all kinds can stand in one column without losing any, told from the values that
// the kinds have.
bool HaveACommonType(const std::vector<Kind>& kinds) {
  std::set<std::string> families;
  __int128 min = 0, max = 0;
  for (const Kind& kind : kinds) {
    if (kind.family != "null") families.insert(kind.family);
    if (kind.family == "integer") {
      min = std::min(min, kind.min);
      max = std::max(max, kind.max);
    }
  }
  if (families.size() <= 1) return true;
  const auto among = [&](const std::set<std::string>& allowed) {
    return std::ranges::includes(allowed, families);
  };
  if (among({"integer", "float"})) return min >= -Power(2, 53) && max <= Power(2, 53);
  return among({"decimal", "integer"}) || among({"date", "local"}) || among({"date", "utc"});
}

// A value, exactly, as text: digits without zeros that tell nothing, or seconds since the epoch.
std::string Exact(__int128 value, int fraction_digits) {
  while (fraction_digits > 0 && value % 10 == 0) {
    value /= 10;
    --fraction_digits;
  }
  std::string text;
  for (__int128 rest = value < 0 ? -value : value; rest > 0 || text.empty(); rest /= 10) {
    text += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  return (value < 0 ? "-" : "") + std::string(text.rbegin(), text.rend()) + "e-" +
         std::to_string(fraction_digits);
}

// What a scalar of any of the types holds, in the same words.
std::string Exact(const arrow::Scalar& scalar) {
  if (!scalar.is_valid) return "null";
  switch (scalar.type->id()) {
    case arrow::Type::UINT64:
      return Exact(static_cast<const arrow::UInt64Scalar&>(scalar).value, 0);
    case arrow::Type::FLOAT:
      return Exact(static_cast<int64_t>(static_cast<const arrow::FloatScalar&>(scalar).value), 0);
    case arrow::Type::DOUBLE:
      return Exact(static_cast<int64_t>(static_cast<const arrow::DoubleScalar&>(scalar).value), 0);
    case arrow::Type::DECIMAL128: {
      const auto& value = static_cast<const arrow::Decimal128Scalar&>(scalar).value;
      return Exact((static_cast<__int128>(value.high_bits()) << 64) | value.low_bits(),
                   static_cast<const arrow::DecimalType&>(*scalar.type).scale());
    }
    case arrow::Type::DATE32:
      return Exact(int64_t{86'400} * static_cast<const arrow::Date32Scalar&>(scalar).value, 0);
    case arrow::Type::TIMESTAMP: {
      const auto unit = static_cast<const arrow::TimestampType&>(*scalar.type).unit();
      return Exact(static_cast<const arrow::TimestampScalar&>(scalar).value, 3 * unit);
    }
    case arrow::Type::STRING:
      return "text " + scalar.ToString();
    default:
      return Exact(std::stoll(scalar.ToString()), 0);
  }
}

struct Value {
  std::shared_ptr<arrow::Scalar> scalar;
  std::string exact;
};

Value Draw(const Kind& kind, Random& random) {
  if (kind.family == "null" || random() % 5 == 0) return {nullptr, "null"};
  const auto edge = random() % 3;
  const __int128 span = std::min(kind.max - kind.min, Power(2, 62));
  const __int128 value = edge == 0   ? kind.max
                         : edge == 1 ? kind.min
                                     : kind.min + static_cast<__int128>(random()) % (span + 1);
  const auto whole = static_cast<int64_t>(value);
  if (kind.family == "text") {
    const auto text = std::make_shared<arrow::StringScalar>(std::to_string(whole));
    return {text, "text " + text->ToString()};
  }
  if (kind.family == "decimal") {
    return {std::make_shared<arrow::Decimal128Scalar>(arrow::Decimal128(whole), kind.type),
            Exact(value, kind.fraction_digits)};
  }
  if (kind.family == "date") {
    return {std::make_shared<arrow::Date32Scalar>(static_cast<int32_t>(whole)),
            Exact(value * 86'400, 0)};
  }
  if (kind.type->id() == arrow::Type::UINT64) {
    return {std::make_shared<arrow::UInt64Scalar>(static_cast<uint64_t>(value)), Exact(value, 0)};
  }
  return {arrow::MakeScalar(kind.type, whole).ValueOrDie(), Exact(value, kind.fraction_digits)};
}

struct Object {
  std::map<std::string, Kind> kinds;
  std::vector<std::string> order;
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<arrow::RecordBatch> rows;
  std::map<std::string, std::vector<std::string>> exact;
  // The same as Arrow shows them.
  std::map<std::string, std::vector<std::string>> shown;
  int64_t count = 0;
};

Object DrawObject(Random& random) {
  static const std::vector<std::string> kNames = {"a", "b", "c", "d"};
  Object object{.order = kNames};
  std::ranges::shuffle(object.order, random);
  object.order.resize(1 + random() % kNames.size());
  object.count = random() % 4 == 0 ? 0 : 1 + static_cast<int64_t>(random() % 4);
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const std::string& name : object.order) {
    // Columns are of kinds that often have something in common.
    const size_t group = static_cast<size_t>(name[0] - 'a') * 4;
    const size_t spread = random() % 4 == 0 ? Kinds().size() : 6;
    const Kind& kind = Kinds()[(group + random() % spread) % Kinds().size()];
    const auto builder = arrow::MakeBuilder(kind.type).ValueOrDie();
    for (int64_t i = 0; i < object.count; ++i) {
      const Value value = Draw(kind, random);
      EXPECT_THAT(
          value.exact == "null" ? builder->AppendNull() : builder->AppendScalar(*value.scalar),
          IsOk());
      object.exact[name].push_back(value.exact);
      object.shown[name].push_back(value.exact == "null" ? "null" : value.scalar->ToString());
    }
    object.kinds.emplace(name, kind);
    fields.push_back(arrow::field(name, kind.type));
    columns.push_back(builder->Finish().ValueOrDie());
  }
  object.schema = arrow::schema(std::move(fields));
  object.rows = arrow::RecordBatch::Make(object.schema, object.count, std::move(columns));
  return object;
}

// The kinds that a column has in rows, by the columns that the table should have in their order.
std::vector<std::pair<std::string, std::vector<Kind>>> Model(const std::vector<Object>& objects) {
  const bool any_rows = std::ranges::any_of(objects, [](const Object& o) { return o.count > 0; });
  std::vector<std::pair<std::string, std::vector<Kind>>> columns;
  for (const Object& object : objects) {
    for (const std::string& name : object.order) {
      auto column = std::ranges::find(columns, name, &decltype(columns)::value_type::first);
      if (column == columns.end()) column = columns.insert(column, {name, {}});
      if (object.count > 0) column->second.push_back(object.kinds.at(name));
    }
  }
  if (any_rows) std::erase_if(columns, [](const auto& column) { return column.second.empty(); });
  return columns;
}

// The rows as the table has them, in `sent`.
void Project(const Object& object, const TableColumns& table, cloudquery::ConvertStats* stats,
             std::shared_ptr<arrow::RecordBatch>* sent) {
  const auto normalizer = cloudquery::Normalizer::Make(*object.schema, {}).ValueOrDie();
  const auto own = cloudquery::DescribeColumns(*object.schema, {});
  const auto projection = Projection::Make({.selection = std::make_shared<formats::ColumnSelection>(
                                                object.schema, std::vector<std::string>()),
                                            .normalizer = normalizer,
                                            .own = own,
                                            .decided = own,
                                            .has_rows = object.count > 0},
                                           table,
                                           /*fold_case=*/true);
  ASSERT_THAT(projection, IsOk());
  const auto converted =
      (*projection)->Convert({.rows = object.rows}, stats, arrow::default_memory_pool());
  ASSERT_THAT(converted, IsOk());
  *sent = *converted;
  ASSERT_THAT((*sent)->ValidateFull(), IsOk());
  ASSERT_TRUE((*sent)->schema()->Equals(*table.sent, /*check_metadata=*/true));
}

void ExpectValues(const Object& object, const TableColumns& table) {
  cloudquery::ConvertStats stats;
  std::shared_ptr<arrow::RecordBatch> sent;
  ASSERT_NO_FATAL_FAILURE(Project(object, table, &stats, &sent));
  EXPECT_EQ(stats, cloudquery::ConvertStats{});
  for (int i = 0; i < table.sent->num_fields(); ++i) {
    const auto wanted = object.exact.find(table.sent->field(i)->name());
    for (int64_t row = 0; row < object.count; ++row) {
      EXPECT_EQ(Exact(**sent->column(i)->GetScalar(row)),
                wanted == object.exact.end() ? "null" : wanted->second[static_cast<size_t>(row)]);
    }
  }
}

// A value of `_rescued` as Arrow would show it.
std::string Shown(const nlohmann::json& value, const std::string& family) {
  if (!value.is_string())
    return family == "float" ? std::to_string(value.get<double>()) : value.dump();
  std::string text = value;
  if (family != "local" && family != "utc") return text;
  std::ranges::replace(text, 'T', ' ');
  return text;
}

// Each value is in its column, or in `_rescued` under the column's name.
void ExpectAllKept(const Object& object, const TableColumns& table, int* rescued_values) {
  cloudquery::ConvertStats stats;
  std::shared_ptr<arrow::RecordBatch> sent;
  ASSERT_NO_FATAL_FAILURE(Project(object, table, &stats, &sent));
  for (int64_t row = 0; row < object.count; ++row) {
    const auto rescued = sent->columns().back()->GetScalar(row).ValueOrDie();
    auto rest = nlohmann::json::parse(rescued->is_valid ? rescued->ToString() : "{}");
    ASSERT_EQ(rest.empty(), !rescued->is_valid);
    for (const auto& [name, values] : object.exact) {
      const std::string& value = values[static_cast<size_t>(row)];
      const auto column = sent->GetColumnByName(name);
      const std::string stored = Exact(**column->GetScalar(row));
      if (stored == value) continue;
      ASSERT_EQ(stored, "null");
      ASSERT_TRUE(rest.contains(name)) << name << " " << value;
      const std::string& family = object.kinds.at(name).family;
      std::string wanted = object.shown.at(name)[static_cast<size_t>(row)];
      if (family == "float") wanted = std::to_string(std::stod(wanted));
      ASSERT_EQ(Shown(rest[name], family), wanted);
      rest.erase(name);
      ++*rescued_values;
    }
    ASSERT_TRUE(rest.empty()) << rest;
  }
}

SchemaSource SourceOf(const Object& object) {
  return {.columns = cloudquery::DescribeColumns(*object.schema, {}),
          .key = "k",
          .has_rows = object.count > 0};
}

TEST(SchemaProperty, RandomFamiliesOfObjectsAreUnitedAsTheModelSaysAndKeepEveryValue) {
  int united_families = 0, conflicts = 0;
  for (uint64_t seed = 0; seed < 4000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<Object> objects;
    std::vector<SchemaSource> sources;
    for (size_t i = 0; i < 1 + seed % 4; ++i) {
      objects.push_back(DrawObject(random));
      sources.push_back(SourceOf(objects.back()));
    }
    const SchemaUnion united = UniteSchemas(sources, SchemaMode::kEvolve);
    const auto model = Model(objects);
    std::set<std::string> in_the_way, told;
    for (const auto& [name, kinds] : model) {
      if (!HaveACommonType(kinds)) in_the_way.insert(name);
    }
    for (const ColumnConflict& conflict : united.conflicts) told.insert(conflict.column);
    ASSERT_EQ(told, in_the_way);
    if (!in_the_way.empty()) {
      ++conflicts;
      continue;
    }
    ++united_families;
    std::vector<std::string> names;
    for (const auto& [name, kinds] : model) names.push_back(name);
    ASSERT_EQ(united.columns->field_names(), names);
    const TableColumns table{.described = united.columns,
                             .sent = cloudquery::SendColumns(*united.columns).schema};
    for (const Object& object : objects) ExpectValues(object, table);
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
  EXPECT_GT(united_families, 1000);
  EXPECT_GT(conflicts, 500);
}

TEST(SchemaProperty, WithRescueEveryValueIsInItsColumnOrInTheOneForWhatDoesNotFit) {
  int rescued_values = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<Object> objects;
    std::vector<SchemaSource> sources;
    for (size_t i = 0; i < 1 + seed % 4; ++i) {
      objects.push_back(DrawObject(random));
      sources.push_back(SourceOf(objects.back()));
    }
    TableSchema schema("t", {.rescue = true});
    ASSERT_THAT(schema.Unite(sources), IsOk());
    const auto strictly = UniteSchemas(sources, SchemaMode::kEvolve).columns;
    if (strictly != nullptr) {
      ASSERT_TRUE(schema.columns().described->Equals(*strictly, /*check_metadata=*/true));
    }
    for (const Object& object : objects) {
      ExpectAllKept(object, schema.columns(), &rescued_values);
      if (HasFatalFailure()) return;
    }
    // Another sync that remembers the columns finds the same ones.
    std::vector<SchemaSource> again = {{.columns = schema.columns().described, .remembered = true}};
    again.insert(again.end(), sources.begin(), sources.end());
    ASSERT_EQ(TypesWidened(*schema.columns().described,
                           *UniteSchemas(again, SchemaMode::kEvolve, /*rescue=*/true).columns),
              "");
  }
  EXPECT_GT(rescued_values, 1000);
}

TEST(SchemaProperty, WhatIsRememberedChangesNothingWhenTheSameObjectsComeAgain) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<SchemaSource> sources;
    for (size_t i = 0; i < 1 + seed % 4; ++i) sources.push_back(SourceOf(DrawObject(random)));
    const SchemaUnion united = UniteSchemas(sources, SchemaMode::kEvolve);
    if (united.columns == nullptr) continue;
    std::vector<SchemaSource> again = {{.columns = united.columns, .remembered = true}};
    // Any of them, in any order.
    std::ranges::shuffle(sources, random);
    sources.resize(random() % (sources.size() + 1));
    again.insert(again.end(), sources.begin(), sources.end());
    const SchemaUnion next = UniteSchemas(again, SchemaMode::kEvolve);
    ASSERT_NE(next.columns, nullptr);
    ASSERT_EQ(TypesWidened(*united.columns, *next.columns), "");
    ASSERT_EQ(next.columns->field_names(), united.columns->field_names());
  }
}

}  // namespace
}  // namespace source
