#include "cloudquery/acknowledger.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "cloudquery/state/rows.h"
#include "cloudquery/table.h"

namespace cloudquery {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between two looks at the backend.
constexpr milliseconds kFirstPause{5};
constexpr milliseconds kMaxPause{100};
// After which an announcement that may have overtaken the marker is repeated.
constexpr milliseconds kRepeat{300};
// After this many repeats another marker is sent: another process may have replaced the row.
constexpr int kRepeatsForMarker = 10;
constexpr int kMarkerBits = 16;

Table MarkerTable(const std::string& name) {
  Table table = StateTable(name);
  table.description = "Markers by which a source learns that its rows are stored";
  // So that its rows are never deleted as stale.
  table.incremental = true;
  return table;
}

// The versions of the markers of two runs do not meet.
uint64_t AnyRun() {
  std::random_device random;
  const uint64_t run = uint64_t{random()} & 0x7fffffff;
  return (run + 1) << kMarkerBits;
}

void Pause(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

Acknowledger::Acknowledger(StateStore& backend, RecordSink& sink, AcknowledgerOptions options)
    : backend_(backend),
      sink_(sink),
      options_(std::move(options)),
      schema_(ToArrowSchema(MarkerTable(options_.table))),
      run_(AnyRun()) {}

arrow::Status Acknowledger::Announce(std::stop_token stop) {
  const auto versions = backend_.VersionsIn(options_.table, KeyOf(1), stop);
  known_ = versions.ok();
  if (known_ && versions->empty() && backend_.VersionsIn(TableOfNobody(), KeyOf(1), stop).ok()) {
    return base::MakeError(base::ErrorKind::kUnsupported,
                           "the state backend does not tell tables apart");
  }
  return sink_.Migrate(MarkerTable(options_.table));
}

std::string Acknowledger::TableOfNobody() const { return options_.table + "_none"; }

std::string Acknowledger::KeyOf(uint64_t number) const {
  return options_.key + "/" + std::to_string(number);
}

arrow::Result<bool> Acknowledger::Shows(const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const auto versions,
                        backend_.VersionsIn(options_.table, KeyOf(last_), stop));
  return std::ranges::find(versions, run_ + last_) != versions.end();
}

arrow::Status Acknowledger::SendNextMarker() {
  ++last_;
  ARROW_ASSIGN_OR_RAISE(
      const auto row,
      EncodeStateRows({{.key = KeyOf(last_), .value = "", .version = run_ + last_}}, schema_));
  return sink_.Insert(options_.table, *row, 1);
}

arrow::Result<bool> Acknowledger::Mark(milliseconds patience, const std::stop_token& stop) {
  const auto deadline = Clock::now() + patience;
  for (int repeats = 0;; ++repeats) {
    if (repeats % kRepeatsForMarker == 0) ARROW_RETURN_NOT_OK(SendNextMarker());
    ARROW_RETURN_NOT_OK(sink_.MigrateAgain(options_.table));
    const auto repeat = std::min(Clock::now() + kRepeat, deadline);
    for (milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kMaxPause)) {
      Pause(pause, stop);
      if (stop.stop_requested()) return base::Cancelled();
      // A backend that is busy, or has not made the table yet, may answer later.
      if (Shows(stop).ValueOr(false)) return true;
      if (Clock::now() >= repeat) break;
    }
    if (Clock::now() >= deadline) return false;
  }
}

arrow::Status Acknowledger::Probe(std::stop_token stop) {
  const auto cannot = [&](const std::string& why) {
    return base::MakeError(base::ErrorKind::kUnsupported,
                           "the state backend does not show table " + base::Quoted(options_.table) +
                               why +
                               ". It must be a destination of this source that can be read, "
                               "and migrations must be on");
  };
  const auto deadline = Clock::now() + options_.table_patience;
  for (auto shown = Shows(stop); !shown.ok(); shown = Shows(stop)) {
    if (Clock::now() >= deadline) return cannot(": " + base::MessageOf(shown.status()));
    Pause(kMaxPause, stop);
    if (stop.stop_requested()) return base::Cancelled();
  }
  ARROW_ASSIGN_OR_RAISE(const bool shown,
                        Mark(known_ ? options_.known_patience : options_.new_patience, stop));
  return shown ? arrow::Status::OK() : cannot(" with a row that was sent to it");
}

arrow::Status Acknowledger::Confirm(std::span<const std::string> tables, std::stop_token stop) {
  arrow::Status late = base::MakeError(
      base::ErrorKind::kTransport,
      "the destination has not confirmed in time that it stored the rows that were sent");
  ARROW_ASSIGN_OR_RAISE(const bool arrived, Mark(options_.marker_patience, stop));
  if (!arrived) return late;
  for (const std::string& table : tables) ARROW_RETURN_NOT_OK(sink_.MigrateAgain(table));
  ARROW_ASSIGN_OR_RAISE(const bool stored, Mark(options_.marker_patience, stop));
  return stored ? arrow::Status::OK() : late;
}

}  // namespace cloudquery
