#include "source/read/pending_objects.h"

#include <cstdint>
#include <utility>

namespace source {
namespace {

enum class Kept : uint8_t { kContent, kLayout, kNothing };

Kept KeptOf(const ObjectPlan& plan) {
  if (plan.content != nullptr) return Kept::kContent;
  return plan.layout != nullptr ? Kept::kLayout : Kept::kNothing;
}

std::vector<PendingObject> Pending(PlannedTable& table, Kept kept) {
  std::vector<PendingObject> pending;
  for (PlannedObject& object : table.objects) {
    if (!object.is_pending() || object.plan == nullptr || KeptOf(*object.plan) != kept) continue;
    pending.push_back({&table, &object});
  }
  return pending;
}

}  // namespace

PendingObjects::PendingObjects(std::vector<PlannedTable>& tables) {
  for (const Kept kept : {Kept::kContent, Kept::kLayout, Kept::kNothing}) {
    std::vector<std::vector<PendingObject>> stage;
    stage.reserve(tables.size());
    for (PlannedTable& table : tables) stage.push_back(Pending(table, kept));
    stages_.emplace_back(std::move(stage));
  }
}

std::optional<PendingObject> PendingObjects::Next() {
  for (; !stages_.empty(); stages_.pop_front()) {
    if (const auto next = stages_.front().Next()) return next;
  }
  return std::nullopt;
}

}  // namespace source
