// The record of one object, from its listing to its outcome, and the tables that such records make
// up. Each stage of a sync fills in its part: discovery the listing, the increment the decision,
// the planner the layout and projection, reading the outcome, and the increment what to remember.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/memory_budget.h"
#include "cloudquery/table.h"
#include "cloudquery/types/normalizer.h"
#include "formats/format.h"
#include "s3/generation.h"
#include "s3/object_store.h"
#include "source/schema/projection.h"
#include "source/schema/table_schema.h"
#include "source/state/cursor.h"
#include "source/tables/extra_columns.h"

namespace source {

/// What became of an object that a sync wanted to read.
enum class Outcome : uint8_t {
  kPending,    // nothing yet
  kDelivered,  // all its rows were handed to the sink
  kMalformed,  // it cannot be read as its format
  kGone,       // it was deleted after it was listed
  kArchived,   // it must be restored before it can be read
  kFailed,     // its rows exist, but could not be read
};

/// What is needed to read an object.
struct ObjectPlan {
  s3::Generation generation;
  /// Null when the layouts of all objects take too much memory together; it is found again then.
  std::shared_ptr<const formats::ObjectLayout> layout;
  /// What the layout takes on the heap, also once it is gone.
  int64_t layout_bytes = 0;
  /// All of a small object. Null: to be fetched.
  std::shared_ptr<arrow::Buffer> content;
  /// For the two; empty where they are not kept from planning.
  base::Reservation layout_memory;
  base::Reservation content_memory;
  /// From the object's schema to the table's; set when the object is opened.
  std::shared_ptr<const Projection> projection;
  /// Its bytes were fetched a second time, past any connection that served the first.
  bool fresh = false;
};

struct PlannedObject {
  s3::ObjectInfo listing;
  Decision decision = Decision::kRead;
  Outcome outcome = Outcome::kPending;
  /// Why, where the outcome is kMalformed or kFailed.
  base::ErrorKind reason = base::ErrorKind::kOther;
  /// Set from planning until reading begins.
  std::unique_ptr<ObjectPlan> plan;
  /// What was delivered in place of `listing`, which changed afterwards; else null.
  std::shared_ptr<const s3::ObjectInfo> delivered;

  bool is_pending() const { return decision == Decision::kRead && outcome == Outcome::kPending; }
};

struct PlannedTable {
  std::string name;
  /// The folders, or with datasets the names before they are normalised, that make up the table;
  /// more than one when several normalise to one name.
  std::set<std::string> folders;
  /// What TableRules::membership() says of all rules that take objects of it; empty: the default.
  std::string membership;
  std::shared_ptr<const formats::Format> format;
  /// In ascending order of their keys.
  std::vector<PlannedObject> objects;
  int64_t bytes = 0;
  /// What earlier syncs delivered of it.
  TableCursor cursor;
  /// The schemas that they announced, one for each shard that stored one; empty without state.
  std::vector<SchemaSource> remembered;

  SchemaOptions schema_options;
  /// Its columns, also for objects that change after they were planned.
  std::shared_ptr<TableSchema> schema;
  std::shared_ptr<formats::LayoutFinder> layouts;
  ExtraColumns extras;
  /// Set with `announced`; null: there are no extra columns.
  std::shared_ptr<const RowExtender> extender;
  /// As it is announced; unset: none of its objects could be read, or the table failed as a whole.
  std::optional<cloudquery::Table> announced;
};

}  // namespace source
