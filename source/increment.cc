#include "source/increment.h"

#include <unordered_map>
#include <utility>

#include "source/sharding.h"

namespace source {
namespace {

std::string Text(std::chrono::nanoseconds span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()) + " s";
}

}  // namespace

ReadSet Increment::SelectOf(const TableObjects& table, const TableCursor& cursor) {
  ReadSet read(table.objects.size());
  int64_t fresh = 0, known = 0;
  for (size_t i = 0; i < table.objects.size(); ++i) {
    const s3::ObjectInfo& object = table.objects[i];
    if (!IsOfShard(object.key, scope_.shard)) continue;
    const Decision decision = cursor.Decide(object);
    read[i] = decision == Decision::kRead;
    ++(read[i] ? fresh : known);
    if (decision == Decision::kRest) {
      resting_.insert(&object);
      log_.Warn(
          "object left out: it was malformed in every sync so far and is tried again only "
          "when it changes",
          {{"table", table.name}, {"key", object.key}, {"reason", cursor.RetryOf(object)->reason}});
    }
  }
  if (state_ != nullptr) {
    log_.Info("new objects", {{"table", table.name}, {"new", fresh}, {"known", known}});
  }
  return read;
}

arrow::Result<std::vector<ReadSet>> Increment::Select(const std::vector<TableObjects>& tables) {
  std::vector<ReadSet> reads;
  for (const TableObjects& table : tables) {
    TableCursor cursor;
    if (state_ != nullptr) {
      ARROW_ASSIGN_OR_RAISE(cursor, state_->Load(table.name));
    }
    if (cursor.rewound()) {
      log_.Warn("the cursor in the state was set back: all objects after it are read again",
                {{"table", table.name}});
    }
    reads.push_back(SelectOf(table, cursor));
    cursors_.push_back(std::move(cursor));
  }
  return reads;
}

void Increment::Remember(const std::vector<TableObjects>& tables, const std::vector<ReadSet>& reads,
                         const Failures& failures, const Handovers& handovers, s3::Timestamp now) {
  if (state_ == nullptr) return;
  const auto order = handovers.order();
  std::unordered_map<const s3::ObjectInfo*, const s3::ObjectInfo*> handed_over;
  for (const Generation& generation : order) {
    handed_over.emplace(generation.listed, generation.renewed.get());
  }
  const auto outcome_of = [&](const s3::ObjectInfo& object, bool read) -> ObjectOutcome {
    if (!read) {
      const bool rests = resting_.contains(&object);
      return {.object = &object,
              .kind = rests ? ObjectOutcome::kMalformed : ObjectOutcome::kDelivered};
    }
    if (const auto found = handed_over.find(&object); found != handed_over.end()) {
      return {.object = &object, .kind = ObjectOutcome::kDelivered, .renewed = found->second};
    }
    const auto failure = failures.FailureOf(object.key);
    if (failure == base::ErrorKind::kNotFound) {
      return {.object = &object, .kind = ObjectOutcome::kGone};
    }
    if (!failure || SeverityOf(*failure, /*fail_on_malformed=*/false) == Severity::kFailure) {
      return {.object = &object, .kind = ObjectOutcome::kFailed};
    }
    return {.object = &object,
            .kind = ObjectOutcome::kMalformed,
            .reason = std::string(base::ErrorKindName(*failure))};
  };
  for (size_t t = 0; t < tables.size(); ++t) {
    std::vector<ObjectOutcome> outcomes;
    for (size_t i = 0; i < tables[t].objects.size(); ++i) {
      const s3::ObjectInfo& object = tables[t].objects[i];
      if (!IsOfShard(object.key, scope_.shard)) continue;
      outcomes.push_back(outcome_of(object, reads[t][i]));
    }
    const auto next = cursors_[t].Advance(scope_, now, options_, outcomes);
    if (next.forgotten > 0) {
      log_.Warn(
          "more objects inside the look-back window than are remembered: some will be read "
          "again by the next sync. Shorten cursor_lookback or raise cursor_max_known",
          {{"table", tables[t].name},
           {"remembered", options_.max_known},
           {"read_again", next.forgotten},
           {"lookback", Text(options_.lookback)}});
    }
    state_->Save(tables[t].name, next);
  }
}

}  // namespace source
