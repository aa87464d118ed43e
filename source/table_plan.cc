#include "source/table_plan.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "cloudquery/row_ids.h"

namespace source {
namespace {

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

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

void AddWarnings(const std::string& table, const cloudquery::Normalizer& normalizer,
                 std::vector<std::string>* warnings) {
  for (const std::string& warning : normalizer.warnings()) {
    warnings->push_back("table " + Quoted(table) + ": " + warning);
  }
}

// The objects of a table from the oldest on; the key decides between those of one time.
std::vector<size_t> ByAge(const std::vector<s3::ObjectInfo>& objects) {
  std::vector<size_t> order(objects.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return objects[a].last_modified < objects[b].last_modified;
  });
  return order;
}

size_t Oldest(const std::vector<s3::ObjectInfo>& objects) {
  return static_cast<size_t>(std::min_element(objects.begin(), objects.end(),
                                              [](const auto& a, const auto& b) {
                                                return a.last_modified < b.last_modified;
                                              }) -
                             objects.begin());
}

struct Place {
  size_t table;
  size_t object;
};

}  // namespace

// What a footer gave, while not all of its table are there yet.
struct Planner::FetchedFooter {
  bool fetched = false;
  arrow::Status status;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::string> warnings;
  Footer kept;
  Generation generation;
};

// The footers of one table and what they agree on.
class Planner::TableFooters {
 public:
  TableFooters(Planner& planner, const TableObjects& objects, const ReadSet& read)
      : planner_(planner), objects_(objects), read_(read), footers_(objects.objects.size()) {}

  // Called for one object by one thread at a time.
  void Fetch(size_t index, std::atomic<int64_t>& cached_bytes, const std::stop_token& stop) {
    FetchedFooter& footer = footers_[index];
    footer.fetched = true;
    footer.generation.listed = &objects_.objects[index];
    const int64_t size = objects_.objects[index].size_bytes;
    const bool keep_whole = read_[index] && size <= kTinyObjectBytes && Reserve(size, cached_bytes);
    auto fetched = FetchFooter(planner_.store_, footer.generation, *guess_,
                               keep_whole ? kTinyObjectBytes : 0, stop);
    footer.status = fetched.status();
    if (!fetched.ok()) return;
    footer.schema = schemas_.Intern(fetched->file->schema());
    footer.warnings = fetched->file->warnings();
    if (read_[index] && Reserve(fetched->file->memory_bytes(), cached_bytes)) {
      footer.kept = *std::move(fetched);
    }
  }

  // To be called once, when the objects to be read and the oldest one have been fetched.
  arrow::Result<std::optional<TablePlan>> Agree(Failures& failures,
                                                std::vector<std::string>* warnings,
                                                const std::stop_token& stop) {
    const auto schema = std::make_shared<TableSchema>(objects_.name, planner_.options_.normalize);
    const auto baseline = FindBaseline(failures, stop);
    if (baseline) {
      ARROW_RETURN_NOT_OK(
          schema->Add(objects_.objects[*baseline].key, footers_[*baseline].schema).status());
    }
    TablePlan plan;
    for (size_t i = 0; i < footers_.size(); ++i) {
      if (!read_[i]) continue;
      const s3::ObjectInfo& info = objects_.objects[i];
      if (!footers_[i].status.ok()) {
        failures.Report(objects_.name, info.key, footers_[i].status);
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(auto normalizer, schema->Add(info.key, footers_[i].schema));
      AddFooterWarnings(info.key, footers_[i].warnings, warnings);
      plan.objects.push_back({.generation = std::move(footers_[i].generation),
                              .file = std::move(footers_[i].kept.file),
                              .content = std::move(footers_[i].kept.content),
                              .normalizer = std::move(normalizer)});
    }
    const auto first = schema->first();
    if (first == nullptr) return std::nullopt;
    AddWarnings(objects_.name, *first, warnings);
    plan.table = MakeTable(objects_.name, *first->schema());
    plan.schema = schema;
    plan.table.incremental = planner_.options_.incremental;
    plan.footer_guess = guess_;
    return plan;
  }

 private:
  // Whether there is room for so much more.
  bool Reserve(int64_t bytes, std::atomic<int64_t>& cached_bytes) const {
    if (cached_bytes.fetch_add(bytes) + bytes <= planner_.options_.footer_cache_bytes) return true;
    cached_bytes -= bytes;
    return false;
  }

  // Each sentence once a table, with the first object that it holds for.
  void AddFooterWarnings(const std::string& key, const std::vector<std::string>& found,
                         std::vector<std::string>* warnings) {
    for (const std::string& warning : found) {
      if (!warned_.insert(warning).second) continue;
      warnings->push_back("table " + Quoted(objects_.name) + ": object " + Quoted(key) + ": " +
                          warning);
    }
  }

  // The oldest object whose footer can be read, so that all shards and all later syncs agree. One
  // that nobody wants to read and that is malformed is passed over in silence.
  std::optional<size_t> FindBaseline(Failures& failures, const std::stop_token& stop) {
    std::atomic<int64_t> cached_bytes{0};
    for (const size_t i : ByAge(objects_.objects)) {
      if (!footers_[i].fetched) Fetch(i, cached_bytes, stop);
      const arrow::Status& status = footers_[i].status;
      if (status.ok()) return i;
      if (!read_[i] && SeverityOf(base::KindOf(status), false) == Severity::kFailure) {
        failures.Report(objects_.name, objects_.objects[i].key, status);
      }
      if (stop.stop_requested()) return std::nullopt;
    }
    return std::nullopt;
  }

  Planner& planner_;
  const TableObjects& objects_;
  const ReadSet& read_;
  std::vector<FetchedFooter> footers_;
  SchemaInterner schemas_;
  std::set<std::string> warned_;
  const std::shared_ptr<FooterGuess> guess_ = std::make_shared<FooterGuess>();
};

arrow::Result<std::vector<TablePlan>> Planner::PlanAll(const std::vector<TableObjects>& tables,
                                                       const std::vector<ReadSet>& reads,
                                                       Failures& failures,
                                                       std::vector<std::string>* warnings,
                                                       std::stop_token stop) {
  std::vector<Place> places;
  std::deque<TableFooters> footers;
  for (size_t t = 0; t < tables.size(); ++t) {
    footers.emplace_back(*this, tables[t], reads[t]);
    const size_t oldest = Oldest(tables[t].objects);
    for (size_t o = 0; o < tables[t].objects.size(); ++o) {
      if (reads[t][o] || o == oldest) places.push_back({t, o});
    }
  }
  std::atomic<int64_t> cached_bytes{0};
  io_.ForEach(places.size(), [&](size_t i) {
    footers[places[i].table].Fetch(places[i].object, cached_bytes, stop);
  });
  if (stop.stop_requested()) return base::Cancelled();

  std::vector<TablePlan> plans;
  for (TableFooters& table : footers) {
    ARROW_ASSIGN_OR_RAISE(auto plan, table.Agree(failures, warnings, stop));
    if (plan) plans.push_back(*std::move(plan));
  }
  if (stop.stop_requested()) return base::Cancelled();
  return plans;
}

arrow::Result<std::vector<cloudquery::Table>> Planner::PlanTables(
    const std::vector<TableObjects>& tables, Failures& failures, std::stop_token stop) {
  std::vector<arrow::Result<std::optional<cloudquery::Table>>> found(tables.size(), std::nullopt);
  io_.ForEach(tables.size(), [&](size_t t) {
    FooterGuess guess;
    for (const size_t i : ByAge(tables[t].objects)) {
      const s3::ObjectInfo& object = tables[t].objects[i];
      Generation generation{.listed = &object};
      const auto footer = FetchFooter(store_, generation, guess, /*whole_bytes=*/0, stop);
      if (!footer.ok()) {
        failures.Report(tables[t].name, object.key, footer.status());
        if (stop.stop_requested()) return;
        continue;
      }
      found[t] = [&]() -> arrow::Result<std::optional<cloudquery::Table>> {
        const auto& schema = *footer->file->schema();
        ARROW_ASSIGN_OR_RAISE(const auto normalizer,
                              cloudquery::Normalizer::Make(schema, options_.normalize));
        return MakeTable(tables[t].name, *normalizer->schema());
      }();
      return;
    }
  });
  if (stop.stop_requested()) return base::Cancelled();
  std::vector<cloudquery::Table> planned;
  for (auto& result : found) {
    ARROW_ASSIGN_OR_RAISE(auto table, std::move(result));
    if (table) planned.push_back(*std::move(table));
  }
  return planned;
}

}  // namespace source
