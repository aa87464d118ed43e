// The table of the spec's fields.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "source/spec/spec.h"

namespace source {

using TextList = std::vector<std::string>;
/// A sentence on a text; empty: there is nothing to say.
using TextCheck = std::string (*)(std::string_view text);

/// Where a value goes. The member's type is the field's type, its value in Owner{} the default;
/// optional ones have none.
template <class Owner>
using MemberOf = std::variant<std::string Owner::*, int64_t Owner::*, bool Owner::*,
                              TextList Owner::*, TypeNames Owner::*, CsvSpec Owner::*,
                              std::optional<std::string> Owner::*, std::optional<bool> Owner::*,
                              std::optional<TextList> Owner::*, std::optional<TypeNames> Owner::*,
                              std::optional<CsvSpec> Owner::*, std::vector<DatasetSpec> Owner::*>;

/// A field of the spec, of a dataset, or of the block csv.
struct SpecField {
  std::string_view name;
  std::string_view title;
  std::string_view description;
  std::variant<MemberOf<Spec>, MemberOf<DatasetSpec>, MemberOf<CsvSpec>> member;
  bool required = false;
  /// Of a list: one item may stand for a list of it.
  bool or_one = false;
  /// No error shows its value.
  bool may_be_secret = false;
  /// It has no effect, but files that have it stay valid. It is not in the reference.
  bool deprecated = false;
  /// The field without which this one means nothing; empty: it stands alone.
  std::string_view needs = {};
  /// Completes the sentence "It must be …".
  std::string_view allowed;
  /// JSON Schema keywords for the value, or each one inside a list or a block of names; those used
  /// are minLength, pattern,
  /// minimum, maximum, enum and not, with const or pattern inside.
  nlohmann::ordered_json constraints = nlohmann::ordered_json::object();
  /// The same for a list as a whole: minItems and uniqueItems.
  nlohmann::ordered_json list_constraints = nlohmann::ordered_json::object();
  nlohmann::ordered_json examples = nlohmann::ordered_json::array();
  /// What is wrong with a text, and where in it; empty: nothing. It agrees with the constraints,
  /// which only say whether anything is. Not set: the constraints are checked.
  TextCheck problem = nullptr;
  /// A sentence about what to write instead of a text that the constraints refuse; not set, or an
  /// empty sentence: nothing more to say.
  TextCheck advice = nullptr;
  /// The same for JSON Schema, whose validators know no advice: for a pattern that the constraints
  /// refuse anyway, what the value must be instead. They show that text.
  std::vector<std::pair<std::string_view, std::string_view>> instead = {};
};

/// In the order of the reference page.
std::span<const SpecField> SpecFields();
std::span<const SpecField> DatasetFields();
std::span<const SpecField> CsvFields();

/// Of the spec. There is one of that name.
const SpecField& FieldOf(std::string_view name);

template <class Owner>
std::span<const SpecField> FieldsOf() {
  if constexpr (std::is_same_v<Owner, CsvSpec>) return CsvFields();
  return std::is_same_v<Owner, Spec> ? SpecFields() : DatasetFields();
}

/// Calls `use` with the field's member of `owner`.
template <class Owner>
auto VisitMember(const SpecField& field, Owner& owner, auto use) {
  return std::visit([&](auto member) { return use(owner.*member); },
                    std::get<MemberOf<std::remove_const_t<Owner>>>(field.member));
}

/// Two fields of which only one may differ from its default.
struct Exclusion {
  std::string_view one;
  std::string_view other;
  /// A sentence.
  std::string_view why;
};

std::span<const Exclusion> Exclusions();

}  // namespace source
