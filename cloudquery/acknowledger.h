// Tells when rows that were sent are stored. The protocol has no acknowledgement, so one is made of
// what unmodified CLIs and destinations do:
//
//  - The CLI keeps inserts in their order.
//  - A destination stores the rows that it keeps back when their table is announced again.
//  - The plugin may read tables of the state backend while its stream is open.
//
// A marker is a row of a table of its own. When the backend shows it, all rows that were sent
// before it have reached the destination. Announcing their tables then makes the destination store
// them. The CLI may let an announcement overtake inserts, but no insert overtakes an announcement.
// So a second marker, sent after the announcements, shows that they were handled.
//
// This proves that the rows are stored at the destination that is the state backend, not at others.
// A destination that drops a batch of rows it refuses shows the marker all the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "arrow/result.h"
#include "arrow/status.h"
#include "arrow/type.h"
#include "cloudquery/source.h"
#include "cloudquery/state.h"

namespace cloudquery {

struct AcknowledgerOptions {
  /// Name of the table of markers.
  std::string table;
  /// What the keys of its rows begin with: one for each process that may use the table at the same
  /// time. The markers of a sync have keys of their own, since some destinations refuse a row that
  /// replaces one of the same sync; the next sync replaces them.
  std::string key;
  /// How long the backend may take to show the table, to show the first marker if the table is
  /// new or if it is not, and to show a later marker.
  std::chrono::milliseconds table_patience = std::chrono::seconds(3);
  std::chrono::milliseconds new_patience = std::chrono::seconds(10);
  std::chrono::milliseconds known_patience = std::chrono::seconds(30);
  std::chrono::milliseconds marker_patience = std::chrono::minutes(10);
};

/// Used by one thread at a time.
class Acknowledger {
 public:
  /// Both must outlive it.
  Acknowledger(StateStore& backend, RecordSink& sink, AcknowledgerOptions options);

  /// Announces the table of markers. To be called with the other announcements. kUnsupported, and
  /// nothing is announced: the backend answers for every table, so it does not tell tables apart.
  [[nodiscard]] arrow::Status Announce(std::stop_token stop);

  /// Finds out whether the backend is a destination of this sync and can be read. kUnsupported: it
  /// cannot acknowledge. No marker is sent before the table is there, since a row without a table
  /// fails the sync at some destinations.
  [[nodiscard]] arrow::Status Probe(std::stop_token stop);

  /// Blocks until all rows of `tables` that were sent before the call are stored. kTransport: they
  /// were not within the patience for markers.
  [[nodiscard]] arrow::Status Confirm(std::span<const std::string> tables, std::stop_token stop);

 private:
  /// A table that no plugin has.
  std::string TableOfNobody() const;
  std::string KeyOf(uint64_t number) const;
  /// Whether the backend shows the last marker; an error: it cannot be read now.
  arrow::Result<bool> Shows(const std::stop_token& stop);
  arrow::Status SendNextMarker();
  /// Sends the next marker and waits until the backend shows it; false: not within `patience`.
  arrow::Result<bool> Mark(std::chrono::milliseconds patience, const std::stop_token& stop);

  StateStore& backend_;
  RecordSink& sink_;
  const AcknowledgerOptions options_;
  const std::shared_ptr<arrow::Schema> schema_;
  bool known_ = false;
  /// What tells the markers of this sync from those of others that have the same keys.
  const uint64_t run_;
  uint64_t last_ = 0;
};

}  // namespace cloudquery
