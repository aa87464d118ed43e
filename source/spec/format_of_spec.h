// The format that the spec asks for.
#pragma once

#include <memory>

#include "formats/format.h"
#include "source/spec/spec.h"

namespace source {

/// Of the keys of a dataset. `spec` must be valid.
std::shared_ptr<const formats::Format> FormatOf(const Spec& spec, const DatasetSpec& dataset = {});

/// Whether both read the same objects alike.
bool SameFormat(const Spec& spec, const DatasetSpec& one, const DatasetSpec& other);

}  // namespace source
