// YAML as JSON, by the rules of the CloudQuery CLI: plain scalars have the types of YAML 1.1, and
// `${NAME}` stands for a text that the caller knows. Pure but for what the caller looks up.
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "arrow/result.h"

namespace source {

/// What `${name}` stands for, in the document of that index. An error is passed on.
using ExpandVariable =
    std::function<arrow::Result<std::string>(size_t document, const std::string& name)>;

/// Keeps `${name}` as it is.
arrow::Result<std::string> KeepVariable(size_t document, const std::string& name);

/// All documents of a stream; those that are empty are null. In a quoted scalar a variable is text;
/// a plain scalar that holds one is read as YAML again once the value is in its place. Variables in
/// comments are not looked up. kConfig: not valid YAML, a key that comes twice, or nesting deeper
/// than a configuration has; the text gives the line.
[[nodiscard]] arrow::Result<std::vector<nlohmann::ordered_json>> ParseYaml(
    const std::string& text, const ExpandVariable& expand);

}  // namespace source
