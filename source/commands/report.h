// A preview as text for people and as JSON for scripts. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "source/commands/captured_log.h"
#include "source/commands/preview.h"
#include "source/spec/spec.h"

namespace source {

/// US dollars.
struct Prices {
  double thousand_lists = 0.005;
  double thousand_gets = 0.0004;
  double gigabyte = 0.09;
};

/// "0.005,0.0004,0.09": of 1,000 LIST requests, of 1,000 GET requests, and of transferring 10^9
/// bytes. Empty: those that AWS asks in us-east-1 for S3 Standard. kConfig: anything else.
[[nodiscard]] arrow::Result<Prices> ParsePrices(const std::string& text);

struct Report {
  Spec spec;
  Preview preview;
  /// Warnings and errors that a sync would log.
  std::vector<LogNote> notes;
  size_t notes_dropped = 0;
  /// How an incremental sync knows what it delivered; empty: there is no state backend.
  std::string state;
  std::optional<Prices> prices;
  /// The only table that is shown; empty: all.
  std::string table;
  std::optional<FirstRows> rows;
};

/// Lines of at most `max_width` columns where they are those of tables; 0: no limit.
[[nodiscard]] arrow::Result<std::string> ReportText(const Report& report, size_t max_width);

[[nodiscard]] arrow::Result<nlohmann::ordered_json> ReportJson(const Report& report);

}  // namespace source
