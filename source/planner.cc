#include "source/planner.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/exceptions.h"
#include "cloudquery/row_ids.h"
#include "cloudquery/types/described_columns.h"
#include "formats/column_selection.h"
#include "source/read/find_layout.h"
#include "source/read/scan_planner.h"
#include "source/unknown_columns.h"

namespace source {
namespace {

// One schema object for all objects that have it; a table of 100,000 objects has few.
class SchemaInterner {
 public:
  std::shared_ptr<arrow::Schema> Intern(const std::shared_ptr<arrow::Schema>& schema) {
    const std::lock_guard lock(mutex_);
    for (const auto& known : known_) {
      if (known->Equals(*schema, /*check_metadata=*/false)) return known;
    }
    known_.push_back(schema);
    return schema;
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<arrow::Schema>> known_;  // guarded by mutex_
};

cloudquery::Table MakeTable(const std::string& name, const arrow::Schema& schema) {
  return cloudquery::Table{.name = name,
                           .title = name,
                           .description = "Rows of the objects that belong to " + name,
                           .columns = cloudquery::WithCqColumns(schema)};
}

// Objects that must be restored first cannot decide about columns.
bool CanBeRead(const PlannedObject& object) { return !s3::IsArchived(object.listing); }

// The objects of a table that can be read, from the oldest on; the key decides between those of one
// time.
std::vector<size_t> ByAge(const std::vector<PlannedObject>& objects) {
  std::vector<size_t> order;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (CanBeRead(objects[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return objects[a].listing.last_modified < objects[b].listing.last_modified;
  });
  return order;
}

std::optional<size_t> Oldest(const std::vector<PlannedObject>& objects) {
  std::optional<size_t> oldest;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (!CanBeRead(objects[i])) continue;
    if (!oldest || objects[i].listing.last_modified < objects[*oldest].listing.last_modified) {
      oldest = i;
    }
  }
  return oldest;
}

}  // namespace

// The layouts of one table and what they agree on.
class Planner::TableLayouts {
 public:
  TableLayouts(Planner& planner, PlannedTable& table)
      : planner_(planner), table_(table), found_(table.objects.size()) {
    table_.layouts = table.format->MakeLayoutFinder();
    table_.layouts->Want(table.schema_options.columns);
  }

  // Objects whose layouts are wanted at first.
  std::vector<size_t> Wanted() const {
    std::vector<size_t> wanted;
    const auto oldest = table_.remembered.empty() ? Oldest(table_.objects) : std::nullopt;
    for (size_t i = 0; i < table_.objects.size(); ++i) {
      if (table_.objects[i].is_pending() || i == oldest) wanted.push_back(i);
    }
    return wanted;
  }

  // Called for one object by one thread at a time.
  void Find(size_t index, const std::stop_token& stop) {
    Found& found = found_[index];
    PlannedObject& object = table_.objects[index];
    const bool keep = object.is_pending();
    auto plan = std::make_unique<ObjectPlan>();
    plan->generation.listed = &object.listing;
    if (keep) plan->content_memory = ReserveContent(object.listing.size_bytes);
    found.tried = true;
    found.status = base::CatchExceptions([&] {
      const int64_t whole_bytes =
          planner_.options_.read_small_objects ? plan->content_memory.bytes() : 0;
      return FindLayout(planner_.store_, *table_.layouts, whole_bytes, plan.get(), stop,
                        &planner_.finding_);
    });
    if (!found.status.ok()) return;
    found.schema = schemas_.Intern(plan->layout->schema());
    found.has_rows = HasRows(*plan->layout);
    found.warnings = plan->layout->warnings();
    if (!keep) return;
    const auto layout = plan->layout;
    if (!KeepContent(*plan)) KeepLayout(*plan);
    object.plan = std::move(plan);
    const LayoutObserver& observe = planner_.options_.on_layout;
    if (observe) observe(table_, object, *layout);
  }

  // To be called once, when what was wanted has been found.
  void Agree(Outcomes& outcomes, std::vector<std::string>* warnings, const std::stop_token& stop) {
    table_.schema = std::make_shared<TableSchema>(table_.name, table_.schema_options);
    SettleTypes(outcomes, stop);
    const arrow::Status agreed = Unite(outcomes, warnings);
    if (!agreed.ok()) {
      outcomes.TableFailed(table_, agreed);
      return;
    }
    const TableColumns& columns = table_.schema->columns();
    if (columns.sent == nullptr) return;
    for (const std::string& warning : table_.schema->warnings()) AddWarning(warning, warnings);
    for (const auto& schema : read_) {
      for (const std::string& note :
           cloudquery::NotesOn(*schema, table_.schema_options.normalize)) {
        AddWarning(note, warnings);
      }
    }
    WarnOfWiderTypes(warnings);
    table_.announced = MakeTable(table_.name, *WithExtraColumns(columns.sent, warnings));
    table_.announced->incremental = planner_.options_.incremental;
  }

 private:
  struct Found {
    bool tried = false;
    arrow::Status status;
    std::shared_ptr<arrow::Schema> schema;
    bool has_rows = true;
    std::vector<std::string> warnings;
  };

  std::shared_ptr<arrow::Schema> WithExtraColumns(const std::shared_ptr<arrow::Schema>& data,
                                                  std::vector<std::string>* warnings) {
    if (table_.extras.empty()) return data;
    std::vector<std::string> sentences;
    table_.extender = RowExtender::Make(table_.extras, *data, &sentences);
    for (const std::string& sentence : sentences) AddWarning(sentence, warnings);
    return table_.extender->schema();
  }

  // Finds what else decides about the columns, and has the format decide about their types where
  // objects do not tell them.
  void SettleTypes(Outcomes& outcomes, const std::stop_token& stop) {
    if (table_.remembered.empty()) oldest_ = FindOldestReadable(outcomes, stop);
    formats::KnownColumns known;
    for (const SchemaSource& source : table_.remembered) known.announced.push_back(source.columns);
    for (const ColumnType& type : table_.schema_options.types) {
      const bool is_json = cloudquery::Note(*type.type, cloudquery::kExtensionNameKey) ==
                           cloudquery::ExtensionName(cloudquery::ExtensionType::kJson);
      (is_json ? known.as_json : known.as_text).push_back(type.column);
    }
    table_.layouts->Settle(known);
    for (size_t i = 0; i < found_.size(); ++i) {
      auto& schema = found_[i].schema;
      if (schema == nullptr) continue;
      schema = schemas_.Intern(table_.layouts->Settled(table_.objects[i].listing.key, schema));
    }
  }

  arrow::Status Unite(Outcomes& outcomes, std::vector<std::string>* warnings) {
    ARROW_RETURN_NOT_OK(table_.schema->Unite(Sources()));
    // All of them fit, or no row of the table is sent. They are made again when objects are opened:
    // those of all tables take too much memory together.
    std::set<std::shared_ptr<const Projection>> projections;
    for (size_t i = 0; i < found_.size(); ++i) {
      PlannedObject& object = table_.objects[i];
      if (!object.is_pending()) continue;
      const Found& found = found_[i];
      if (!found.status.ok()) {
        outcomes.Failed(table_, object, found.status);
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(auto projection,
                            table_.schema->Fit(object.listing.key, found.schema, found.has_rows));
      projections.insert(std::move(projection));
      AddLayoutWarnings(object.listing.key, found.warnings, warnings);
    }
    return arrow::Status::OK();
  }

  // What is remembered, then the schemas of the objects from the oldest on.
  std::vector<SchemaSource> Sources() {
    std::vector<SchemaSource> sources = table_.remembered;
    std::map<std::pair<const arrow::Schema*, bool>, size_t> places;
    const auto add = [&](size_t index) {
      const Found& found = found_[index];
      const auto [place, is_new] =
          places.try_emplace({found.schema.get(), found.has_rows}, sources.size());
      if (!is_new) {
        ++sources[place->second].objects;
        return;
      }
      read_.push_back(
          formats::ColumnSelection(found.schema, table_.schema_options.columns).schema());
      sources.push_back({.columns = table_.schema->Describe(found.schema),
                         .key = table_.objects[index].listing.key,
                         .has_rows = found.has_rows});
    };
    if (oldest_) add(*oldest_);
    for (const size_t i : ByAge(table_.objects)) {
      if (i != oldest_ && table_.objects[i].is_pending() && found_[i].status.ok()) add(i);
    }
    return sources;
  }

  void AddWarning(const std::string& warning, std::vector<std::string>* warnings) {
    if (!warned_.insert(warning).second) return;
    warnings->push_back("table \"" + table_.name + "\": " + warning);
  }

  void WarnOfWiderTypes(std::vector<std::string>* warnings) {
    if (table_.remembered.empty()) return;
    const SchemaUnion before = UniteSchemas(table_.remembered, SchemaMode::kEvolve);
    if (before.columns == nullptr) return;
    const std::string warning = TypesWidened(*before.columns, *table_.schema->columns().described);
    if (!warning.empty()) AddWarning(warning, warnings);
  }

  // Each sentence once a table, with the first object that it holds for.
  void AddLayoutWarnings(const std::string& key, const std::vector<std::string>& found,
                         std::vector<std::string>* warnings) {
    for (const std::string& warning : found) {
      if (!warned_.insert(warning).second) continue;
      warnings->push_back("table \"" + table_.name + "\": object \"" + key + "\": " + warning);
    }
  }

  // Of a small object, if there is room.
  base::Reservation ReserveContent(int64_t bytes) const {
    SyncMemory& memory = planner_.memory_;
    if (bytes > memory.shares.small_object_bytes) return {};
    return memory.fetch.TryAcquire(bytes, memory.shares.fetch_bytes / 2)
        .value_or(base::Reservation());
  }

  // Only where decoding it leaves room for others, so that contents which wait for their turn never
  // keep one of them from being read.
  bool KeepContent(ObjectPlan& plan) const {
    base::MemoryBudget& fetch = planner_.memory_.fetch;
    const bool is_there = planner_.options_.read_small_objects ? plan.content != nullptr
                                                               : plan.content_memory.bytes() > 0;
    if (is_there && FitsBesideOthers(plan.layout->all_tasks().decode_bytes, fetch.limit_bytes())) {
      if (auto memory = fetch.TryAcquire(plan.layout_bytes, fetch.limit_bytes() / 2)) {
        plan.layout_memory = *std::move(memory);
        return true;
      }
    }
    plan.content = nullptr;
    plan.content_memory.Release();
    return false;
  }

  void KeepLayout(ObjectPlan& plan) const {
    base::MemoryBudget& layouts = planner_.memory_.layouts;
    if (auto memory = layouts.TryAcquire(plan.layout_bytes, layouts.limit_bytes())) {
      plan.layout_memory = *std::move(memory);
    } else {
      plan.layout = nullptr;
    }
  }

  // The oldest object whose layout can be found, so that all shards and all later syncs agree. One
  // that is not to be read and that is malformed is passed over in silence.
  std::optional<size_t> FindOldestReadable(Outcomes& outcomes, const std::stop_token& stop) {
    for (const size_t i : ByAge(table_.objects)) {
      if (!found_[i].tried) Find(i, stop);
      const arrow::Status& status = found_[i].status;
      if (status.ok()) return i;
      if (stop.stop_requested()) return std::nullopt;
      if (!table_.objects[i].is_pending() &&
          SeverityOf(base::KindOf(status), {.fail_on_archived = false}) == Severity::kFailure) {
        outcomes.Failed(table_, table_.objects[i], status);
      }
    }
    return std::nullopt;
  }

  Planner& planner_;
  PlannedTable& table_;
  std::vector<Found> found_;
  SchemaInterner schemas_;
  std::vector<std::shared_ptr<arrow::Schema>> read_;
  std::set<std::string> warned_;
  // Decides about the first columns; none where they are remembered.
  std::optional<size_t> oldest_;
};

arrow::Status Planner::Plan(std::vector<PlannedTable>& tables, Outcomes& outcomes,
                            std::vector<std::string>* warnings, std::stop_token stop) {
  struct Place {
    size_t table;
    size_t object;
  };
  std::vector<Place> places;
  std::deque<TableLayouts> layouts;
  for (size_t t = 0; t < tables.size(); ++t) {
    layouts.emplace_back(*this, tables[t]);
    for (const size_t o : layouts.back().Wanted()) places.push_back({t, o});
  }
  io_.ForEach(places.size(),
              [&](size_t i) { layouts[places[i].table].Find(places[i].object, stop); });
  for (; !layouts.empty(); layouts.pop_front()) {
    if (stop.stop_requested()) return base::Cancelled();
    layouts.front().Agree(outcomes, warnings, stop);
  }
  if (stop.stop_requested()) return base::Cancelled();
  for (std::string& warning : UnknownColumnWarnings(tables)) {
    warnings->push_back(std::move(warning));
  }
  // Layouts and schemas of many objects came and went, in small pieces on many threads.
  arrow::system_memory_pool()->ReleaseUnused();
  return arrow::Status::OK();
}

}  // namespace source
