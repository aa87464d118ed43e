#include "source/schema/type_union.h"

#include <algorithm>
#include <map>
#include <utility>

#include "arrow/util/checked_cast.h"
#include "cloudquery/types/described_columns.h"
#include "cloudquery/types/identifiers.h"
#include "source/schema/leaf_types.h"

namespace source {
namespace {

using arrow::internal::checked_cast;
using FieldPtr = std::shared_ptr<arrow::Field>;
using Variants = std::span<const TypeVariant>;

// The next of `known` with that name, folded or not, that nothing was matched with.
std::optional<size_t> TakeNext(const std::map<std::string, std::vector<size_t>>& places,
                               const std::string& name, std::vector<bool>* taken) {
  const auto found = places.find(name);
  if (found == places.end()) return std::nullopt;
  for (const size_t place : found->second) {
    if ((*taken)[place]) continue;
    (*taken)[place] = true;
    return place;
  }
  return std::nullopt;
}

// One variant for each type that differs; null-typed ones only if there are no others.
std::vector<TypeVariant> Distinct(Variants types) {
  std::vector<TypeVariant> distinct;
  for (const bool null_typed : {false, true}) {
    for (const TypeVariant& type : types) {
      const bool is_null = !cloudquery::Note(*type.field, cloudquery::kNullTypedKey).empty();
      if (is_null != null_typed) continue;
      const auto known = std::ranges::find_if(distinct, [&](const TypeVariant& other) {
        return other.field->WithName("")->Equals(*type.field->WithName(""), true);
      });
      if (known == distinct.end()) {
        distinct.push_back(type);
      } else {
        known->sources.insert(known->sources.end(), type.sources.begin(), type.sources.end());
      }
    }
    if (!distinct.empty()) break;
  }
  return distinct;
}

bool AllAre(Variants types, arrow::Type::type id) {
  return std::ranges::all_of(
      types, [&](const TypeVariant& type) { return type.field->type()->id() == id; });
}

// The field that `child` gives of each variant's type, united.
template <typename Child>
FieldPtr UniteChildren(const std::string& path, Variants types, Child child,
                       std::vector<TypeConflict>* conflicts) {
  std::vector<TypeVariant> children;
  for (const TypeVariant& type : types) {
    children.push_back({child(*type.field->type()), type.sources});
  }
  return UniteTypes(path, children, conflicts);
}

FieldPtr UniteLists(const std::string& path, Variants types, std::vector<TypeConflict>* conflicts) {
  const auto item = UniteChildren(
      path + ".item", types, [](const arrow::DataType& type) { return type.field(0); }, conflicts);
  if (item == nullptr) return nullptr;
  return arrow::field(types[0].field->name(), arrow::list(item));
}

FieldPtr UniteMaps(const std::string& path, Variants types, std::vector<TypeConflict>* conflicts) {
  const auto map = [](const arrow::DataType& type) -> const arrow::MapType& {
    return checked_cast<const arrow::MapType&>(type);
  };
  const auto key = UniteChildren(
      path + ".key", types, [&](const auto& type) { return map(type).key_field(); }, conflicts);
  const auto value = UniteChildren(
      path + ".value", types, [&](const auto& type) { return map(type).item_field(); }, conflicts);
  if (key == nullptr || value == nullptr) return nullptr;
  return arrow::field(types[0].field->name(),
                      std::make_shared<arrow::MapType>(key->WithNullable(false), value));
}

FieldPtr UniteStructs(const std::string& path, Variants types,
                      std::vector<TypeConflict>* conflicts) {
  std::vector<std::string> names;
  for (const TypeVariant& type : types) {
    const auto own = NamesOf(type.field->type()->fields());
    const auto places = MatchNames(names, own, /*fold_case=*/true);
    for (size_t i = 0; i < own.size(); ++i) {
      if (!places[i]) names.push_back(own[i]);
    }
  }
  std::vector<std::vector<TypeVariant>> fields(names.size());
  for (const TypeVariant& type : types) {
    const auto& own = type.field->type()->fields();
    const auto places = MatchNames(names, NamesOf(own), /*fold_case=*/true);
    for (size_t i = 0; i < own.size(); ++i) {
      fields[*places[i]].push_back({own[i], type.sources});
    }
  }
  arrow::FieldVector united;
  bool all_united = true;
  for (size_t i = 0; i < names.size(); ++i) {
    FieldPtr field = UniteTypes(path + "." + names[i], fields[i], conflicts);
    all_united = all_united && field != nullptr;
    if (all_united) united.push_back(field->WithName(names[i]));
  }
  if (!all_united) return nullptr;
  return arrow::field(types[0].field->name(), arrow::struct_(std::move(united)));
}

// The first type, and then each of the others that can be united with it.
FieldPtr UniteInTurn(const std::string& path, Variants types) {
  FieldPtr united = types[0].field;
  for (const TypeVariant& next : types.subspan(1)) {
    const std::vector<TypeVariant> pair = {{united, {0}}, next};
    std::vector<TypeConflict> conflicts;
    const bool are_structs = AllAre(pair, arrow::Type::STRUCT);
    if (FieldPtr both = UniteTypes(path, pair, are_structs ? nullptr : &conflicts)) united = both;
  }
  return united;
}

}  // namespace

std::vector<std::string> NamesOf(const arrow::FieldVector& fields) {
  std::vector<std::string> names;
  for (const FieldPtr& field : fields) names.push_back(field->name());
  return names;
}

std::vector<std::optional<size_t>> MatchNames(std::span<const std::string> known,
                                              std::span<const std::string> own, bool fold_case) {
  std::map<std::string, std::vector<size_t>> exact, folded;
  for (size_t i = 0; i < known.size(); ++i) {
    exact[known[i]].push_back(i);
    if (fold_case) folded[cloudquery::FoldCase(known[i])].push_back(i);
  }
  std::vector<bool> taken(known.size());
  std::vector<std::optional<size_t>> places(own.size());
  for (size_t i = 0; i < own.size(); ++i) places[i] = TakeNext(exact, own[i], &taken);
  if (!fold_case) return places;
  for (size_t i = 0; i < own.size(); ++i) {
    if (!places[i]) places[i] = TakeNext(folded, cloudquery::FoldCase(own[i]), &taken);
  }
  return places;
}

FieldPtr UniteTypes(const std::string& path, Variants types, std::vector<TypeConflict>* conflicts) {
  std::vector<TypeVariant> distinct = Distinct(types);
  if (distinct.size() == 1) return distinct[0].field;
  if (AllAre(distinct, arrow::Type::LIST)) return UniteLists(path, distinct, conflicts);
  if (AllAre(distinct, arrow::Type::MAP)) return UniteMaps(path, distinct, conflicts);
  if (AllAre(distinct, arrow::Type::STRUCT)) return UniteStructs(path, distinct, conflicts);
  arrow::FieldVector leaves;
  for (const TypeVariant& type : distinct) leaves.push_back(type.field);
  FieldPtr united = UniteLeaves(leaves);
  if (united != nullptr) return united;
  if (conflicts == nullptr) return UniteInTurn(path, distinct);
  conflicts->push_back({path, std::move(distinct)});
  return nullptr;
}

}  // namespace source
