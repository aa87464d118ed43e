#include "source/state/increment.h"

#include <utility>

#include "source/state/sharding.h"

namespace source {
namespace {

std::string Text(std::chrono::nanoseconds span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()) + " s";
}

// What the cursor is told of an object that was planned.
ObjectOutcome ForCursor(const PlannedObject& object) {
  ObjectOutcome outcome{.object = &object.listing};
  if (object.decision == Decision::kSkip) {
    outcome.kind = ObjectOutcome::kMalformed;
    return outcome;
  }
  switch (object.decision == Decision::kKnown ? Outcome::kDelivered : object.outcome) {
    case Outcome::kDelivered:
      outcome.kind = ObjectOutcome::kDelivered;
      outcome.renewed = object.delivered.get();
      break;
    case Outcome::kMalformed:
      outcome.kind = ObjectOutcome::kMalformed;
      outcome.reason = base::ErrorKindName(object.reason);
      break;
    case Outcome::kGone:
      outcome.kind = ObjectOutcome::kGone;
      break;
    case Outcome::kArchived:
      outcome.kind = ObjectOutcome::kArchived;
      break;
    case Outcome::kPending:
    case Outcome::kFailed:
      outcome.kind = ObjectOutcome::kFailed;
      break;
  }
  return outcome;
}

}  // namespace

Decision Increment::DecideObject(const PlannedTable& table, const s3::ObjectInfo& object) const {
  if (!IsOfShard(object.key, scope_.shard)) return Decision::kOtherShard;
  const Decision decision = table.cursor.Decide(object, options_.conditions, table.membership);
  // The listing tells it without a request for the object.
  if (decision != Decision::kKnown && s3::IsArchived(object)) return Decision::kArchived;
  return decision;
}

void Increment::DecideTable(PlannedTable& table) const {
  int64_t fresh = 0, known = 0;
  for (PlannedObject& object : table.objects) {
    object.decision = DecideObject(table, object.listing);
    if (object.decision == Decision::kOtherShard) continue;
    ++(object.decision == Decision::kRead ? fresh : known);
    if (object.decision == Decision::kSkip) {
      log_.Warn(
          "object skipped: it was malformed in every sync so far and is tried again only when it, "
          "the plugin or memory_limit changes",
          {{"table", table.name},
           {"key", object.listing.key},
           {"reason", table.cursor.UndeliveredOf(object.listing)->reason}});
    }
  }
  if (state_ != nullptr) {
    log_.Info("new objects", {{"table", table.name}, {"new", fresh}, {"known", known}});
  }
}

arrow::Status Increment::Decide(std::vector<PlannedTable>& tables) const {
  for (PlannedTable& table : tables) {
    if (state_ != nullptr) {
      ARROW_ASSIGN_OR_RAISE(table.cursor, state_->Load(table.name));
      const SchemaOptions& schema = table.schema_options;
      if (schema.mode == SchemaMode::kEvolve) {
        ARROW_ASSIGN_OR_RAISE(table.remembered,
                              state_->LoadSchemas(table.name, schema.normalize.nested_lists));
      }
    }
    if (table.cursor.rewound()) {
      log_.Warn("the cursor in the state was set back: all objects after it are read again",
                {{"table", table.name}});
    }
    DecideTable(table);
  }
  return arrow::Status::OK();
}

arrow::Status Increment::Remember(const std::vector<PlannedTable>& tables,
                                  s3::Timestamp now) const {
  if (state_ == nullptr) return arrow::Status::OK();
  for (const PlannedTable& table : tables) {
    std::vector<ObjectOutcome> outcomes;
    for (const PlannedObject& object : table.objects) {
      if (object.decision != Decision::kOtherShard) outcomes.push_back(ForCursor(object));
    }
    Scope scope = scope_;
    scope.membership = table.membership;
    const auto next = table.cursor.Advance(scope, now, options_, outcomes);
    if (next.forgotten > 0) {
      log_.Warn(
          "more objects inside the look-back window than are remembered: some will be read "
          "again by the next sync. Shorten cursor_lookback or raise cursor_max_known",
          {{"table", table.name},
           {"remembered", options_.max_known},
           {"read_again", next.forgotten},
           {"lookback", Text(options_.lookback)}});
    }
    state_->Save(table.name, next);
    const SchemaOptions& schema = table.schema_options;
    if (schema.mode != SchemaMode::kEvolve || !table.announced) continue;
    ARROW_RETURN_NOT_OK(state_->SaveSchema(table.name, scope_.shard,
                                           {.columns = table.schema->columns().described,
                                            .nested_lists = schema.normalize.nested_lists}));
  }
  return arrow::Status::OK();
}

}  // namespace source
