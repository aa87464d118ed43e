// The table of the spec's fields.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "source/spec.h"

namespace source {

struct SpecField {
  std::string_view name;
  std::string_view title;
  std::string_view description;
  /// Where the value goes. The member's type is the field's type, its value in Spec{} the default.
  std::variant<std::string Spec::*, int64_t Spec::*, bool Spec::*> member;
  bool required = false;
  /// No error shows its value.
  bool may_be_secret = false;
  /// The field without which this one means nothing; empty: it stands alone.
  std::string_view needs = {};
  /// Completes the sentence "It must be …".
  std::string_view allowed;
  /// JSON Schema keywords; those used are minLength, pattern, minimum, maximum, enum and not, with
  /// const or pattern inside.
  nlohmann::ordered_json constraints = nlohmann::ordered_json::object();
  nlohmann::ordered_json examples = nlohmann::ordered_json::array();
  /// A sentence about what to write instead of a text that the constraints refuse; not set, or an
  /// empty sentence: nothing more to say.
  std::string (*advice)(std::string_view value) = nullptr;
  /// The same for JSON Schema, whose validators know no advice: for a pattern that the constraints
  /// refuse anyway, what the value must be instead. They show that text.
  std::vector<std::pair<std::string_view, std::string_view>> instead = {};
};

/// In the order of the reference page.
std::span<const SpecField> SpecFields();

/// Two fields of which only one may differ from its default.
struct Exclusion {
  std::string_view one;
  std::string_view other;
  /// A sentence.
  std::string_view why;
};

std::span<const Exclusion> Exclusions();

}  // namespace source
