#include "source/table_plan.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.h"
#include "cloudquery/row_ids.h"

namespace source {
namespace {

using FilePtr = std::shared_ptr<const formats::ParquetFile>;

// What a footer gave, while not all of its table are there yet.
struct Footer {
  arrow::Status status;
  std::shared_ptr<arrow::Schema> schema;
  FilePtr file;
};

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

std::string TypeIn(const std::string& type, const std::string& key) {
  return (type == "nothing" ? "missing" : type) + " in object " + Quoted(key);
}

arrow::Status Disagreement(const std::string& table, const std::string& first,
                           const std::string& other,
                           const cloudquery::ColumnDifference& difference) {
  return base::MakeError(
      {.kind = base::ErrorKind::kConfig, .key = other},
      "table " + Quoted(table) + ": column " + Quoted(difference.column) + " is " +
          TypeIn(difference.expected, first) + " but " + TypeIn(difference.actual, other) +
          ". All objects of a table must have the same columns and types; move one of them to "
          "another folder.");
}

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

// The schemas met so far, so that the objects of a table share one schema object and one
// normalizer.
class SchemaSet {
 public:
  explicit SchemaSet(const TableObjects& objects, const PlanOptions& options)
      : table_(objects.name), options_(options) {}

  // The first call makes the table's schema.
  arrow::Result<std::shared_ptr<const cloudquery::Normalizer>> Add(
      const std::string& key, const std::shared_ptr<arrow::Schema>& schema) {
    if (known_.empty()) {
      first_key_ = key;
    } else {
      for (const Known& known : known_) {
        if (known.schema->Equals(*schema, /*check_metadata=*/false)) return known.normalizer;
      }
      const auto difference =
          cloudquery::FindDifference(*known_[0].schema, *schema, options_.normalize);
      if (difference) return Disagreement(table_, first_key_, key, *difference);
    }
    const auto& baseline = known_.empty() ? schema : known_[0].schema;
    ARROW_ASSIGN_OR_RAISE(auto normalizer,
                          cloudquery::Normalizer::Make(*baseline, *schema, options_.normalize));
    known_.push_back({schema, normalizer});
    return normalizer;
  }

  const cloudquery::Normalizer& first() const { return *known_.at(0).normalizer; }
  bool empty() const { return known_.empty(); }

 private:
  struct Known {
    std::shared_ptr<arrow::Schema> schema;
    std::shared_ptr<const cloudquery::Normalizer> normalizer;
  };
  const std::string table_;
  const PlanOptions& options_;
  std::string first_key_;
  std::vector<Known> known_;
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

// Schema agreement of one table; pure but for the reports.
arrow::Result<std::optional<TablePlan>> Agree(TableObjects&& objects, std::vector<Footer>&& footers,
                                              const PlanOptions& options, Failures& failures,
                                              std::vector<std::string>* warnings) {
  SchemaSet schemas(objects, options);
  TablePlan plan;
  for (size_t i = 0; i < footers.size(); ++i) {
    s3::ObjectInfo& info = objects.objects[i];
    if (!footers[i].status.ok()) {
      failures.Report(objects.name, info.key, footers[i].status);
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(auto normalizer, schemas.Add(info.key, footers[i].schema));
    plan.objects.push_back({std::move(info), std::move(footers[i].file), std::move(normalizer)});
  }
  if (schemas.empty()) return std::nullopt;
  AddWarnings(objects.name, schemas.first(), warnings);
  plan.table = MakeTable(objects.name, *schemas.first().schema());
  return plan;
}

struct Place {
  size_t table;
  size_t object;
};

}  // namespace

arrow::Result<std::vector<TablePlan>> Planner::PlanAll(std::vector<TableObjects> tables,
                                                       Failures& failures,
                                                       std::vector<std::string>* warnings,
                                                       std::stop_token stop) {
  std::vector<Place> places;
  std::vector<std::vector<Footer>> footers(tables.size());
  std::vector<std::shared_ptr<FooterGuess>> guesses(tables.size());
  std::vector<SchemaInterner> schemas(tables.size());
  for (size_t t = 0; t < tables.size(); ++t) {
    guesses[t] = std::make_shared<FooterGuess>();
    footers[t].resize(tables[t].objects.size());
    for (size_t o = 0; o < tables[t].objects.size(); ++o) places.push_back({t, o});
  }
  std::atomic<int64_t> cached_bytes{0};
  io_.ForEach(places.size(), [&](size_t i) {
    const auto [t, o] = places[i];
    Footer& footer = footers[t][o];
    auto file = FetchFooter(store_, tables[t].objects[o], *guesses[t], stop);
    footer.status = file.status();
    if (!file.ok()) return;
    footer.schema = schemas[t].Intern((*file)->schema());
    const int64_t bytes = (*file)->memory_bytes();
    if (cached_bytes.fetch_add(bytes) + bytes <= options_.footer_cache_bytes) {
      footer.file = *std::move(file);
    }
  });
  if (stop.stop_requested()) return base::Cancelled();

  std::vector<TablePlan> plans;
  for (size_t t = 0; t < tables.size(); ++t) {
    ARROW_ASSIGN_OR_RAISE(auto plan, Agree(std::move(tables[t]), std::move(footers[t]), options_,
                                           failures, warnings));
    if (!plan) continue;
    plan->footer_guess = guesses[t];
    plans.push_back(*std::move(plan));
  }
  return plans;
}

arrow::Result<std::vector<cloudquery::Table>> Planner::PlanTables(
    const std::vector<TableObjects>& tables, Failures& failures, std::stop_token stop) {
  std::vector<arrow::Result<std::optional<cloudquery::Table>>> found(tables.size(), std::nullopt);
  io_.ForEach(tables.size(), [&](size_t t) {
    FooterGuess guess;
    for (const s3::ObjectInfo& object : tables[t].objects) {
      const auto file = FetchFooter(store_, object, guess, stop);
      if (!file.ok()) {
        failures.Report(tables[t].name, object.key, file.status());
        if (stop.stop_requested()) return;
        continue;
      }
      found[t] = [&]() -> arrow::Result<std::optional<cloudquery::Table>> {
        const auto& schema = *(*file)->schema();
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
