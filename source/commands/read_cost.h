// What reading the rows of an object takes, by the rules of the read pipeline. Pure.
#pragma once

#include <cstdint>

#include "formats/format.h"
#include "s3/object_store.h"

namespace source {

struct ReadCost {
  int64_t requests = 0;
  int64_t bytes = 0;

  ReadCost& operator+=(const ReadCost& other) {
    requests += other.requests;
    bytes += other.bytes;
    return *this;
  }
  bool operator==(const ReadCost&) const = default;
};

/// What is there of an object when reading begins.
enum class Kept { kNothing, kLayout, kContent };

/// Requests for the rows of an object, after its layout was found once; `budget_bytes`: that of
/// fetching. A footer that has to be read a second time counts as one request without bytes, and
/// one that is read through windows as whole windows. The few bytes that were read for the layout
/// of a small object count, too, though a sync reads it whole instead.
ReadCost CostOfRows(const s3::ObjectInfo& object, const formats::ObjectLayout& layout,
                    const formats::LayoutFinder& finder, Kept kept, int64_t budget_bytes);

}  // namespace source
