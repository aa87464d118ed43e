#include "source/state/increment.h"

#include <utility>

#include "source/state/sharding.h"

namespace source {
namespace {

// Another sync may write between two attempts, but hardly again and again.
constexpr int kAttempts = 3;

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
    if (table.cursor.lost() > 0) {
      log_.Warn("a part of the state is damaged: the objects in it are read again",
                {{"table", table.name}, {"objects", table.cursor.lost()}});
    }
    if (table.cursor.rewound()) {
      log_.Warn("the cursor in the state was set back: all objects after it are read again",
                {{"table", table.name}});
    }
    DecideTable(table);
  }
  return arrow::Status::OK();
}

Scope Increment::ScopeOf(const PlannedTable& table) const {
  Scope scope = scope_;
  scope.membership = table.membership;
  return scope;
}

Increment::Progress& Increment::ProgressOf(const PlannedTable& table) {
  const auto [progress, added] = progress_.try_emplace(&table);
  if (added) progress->second.record = table.cursor.RecordOf(scope_.shard);
  return progress->second;
}

void Increment::Extend(const PlannedTable& table, std::vector<ObjectHash> delivered,
                       CursorRecord* record) {
  const Scope scope = ScopeOf(table);
  std::vector<ObjectHash> known;
  if (!record->Has(scope)) {
    for (const PlannedObject& object : table.objects) {
      if (object.decision == Decision::kKnown) known.push_back(HashOf(object.listing));
    }
  }
  record->Extend(scope, std::move(known), std::move(delivered));
}

// Where another sync has written the record, this one goes on from there with what it has added.
arrow::Status Increment::FollowOthers(std::span<const PlannedTable* const> tables) {
  for (const PlannedTable* table : tables) {
    if (!state_->IsForeign(table->name, scope_.shard)) continue;
    Progress& progress = ProgressOf(*table);
    ARROW_ASSIGN_OR_RAISE(const TableCursor stored, state_->Load(table->name));
    progress.record = stored.RecordOf(scope_.shard);
    progress.last.reset();
    if (!progress.delivered.empty()) Extend(*table, progress.delivered, &progress.record);
  }
  return arrow::Status::OK();
}

arrow::Status Increment::SaveSchema(const PlannedTable& table) {
  const SchemaOptions& schema = table.schema_options;
  if (schema.mode != SchemaMode::kEvolve || !table.announced) return arrow::Status::OK();
  return state_->SaveSchema(table.name, scope_.shard,
                            {.columns = table.schema->columns().described,
                             .nested_lists = schema.normalize.nested_lists});
}

arrow::Status Increment::Store(std::span<const PlannedTable* const> tables,
                               const std::function<arrow::Status(const PlannedTable&)>& save,
                               const std::stop_token& stop) {
  arrow::Status stored;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    for (const PlannedTable* table : tables) ARROW_RETURN_NOT_OK(save(*table));
    if (!state_->has_changes()) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(state_->Reload(stop));
    ARROW_RETURN_NOT_OK(FollowOthers(tables));
    for (const PlannedTable* table : tables) ARROW_RETURN_NOT_OK(save(*table));
    stored = state_->Flush(stop);
    if (stored.ok() || stop.stop_requested()) return stored;
  }
  return stored;
}

arrow::Status Increment::Checkpoint(std::span<const DeliveredObject> delivered,
                                    const std::stop_token& stop) {
  std::map<const PlannedTable*, std::vector<ObjectHash>> by_table;
  for (const DeliveredObject& object : delivered) by_table[object.table].push_back(object.hash);
  std::vector<const PlannedTable*> tables;
  for (auto& [table, hashes] : by_table) {
    tables.push_back(table);
    Progress& progress = ProgressOf(*table);
    progress.delivered.insert(progress.delivered.end(), hashes.begin(), hashes.end());
    Extend(*table, std::move(hashes), &progress.record);
  }
  const auto save = [this](const PlannedTable& table) {
    state_->Save(table.name, &ProgressOf(table).record, std::nullopt);
    return SaveSchema(table);
  };
  return Store(tables, save, stop);
}

arrow::Status Increment::Remember(const std::vector<PlannedTable>& tables, s3::Timestamp now,
                                  const std::stop_token& stop) {
  if (state_ == nullptr) return arrow::Status::OK();
  std::vector<const PlannedTable*> all;
  for (const PlannedTable& table : tables) all.push_back(&table);
  const auto save = [&](const PlannedTable& table) {
    TableCursor::Next& last = LastOf(table, now);
    state_->Save(table.name, &last.record, last.plain);
    return SaveSchema(table);
  };
  return Store(all, save, stop);
}

TableCursor::Next& Increment::LastOf(const PlannedTable& table, s3::Timestamp now) {
  Progress& progress = ProgressOf(table);
  if (!progress.last) {
    std::vector<ObjectOutcome> outcomes;
    for (const PlannedObject& object : table.objects) {
      if (object.decision != Decision::kOtherShard) outcomes.push_back(ForCursor(object));
    }
    progress.last = table.cursor.Advance(ScopeOf(table), now, options_, outcomes, progress.record);
  }
  return *progress.last;
}

}  // namespace source
