#include "source/commands/preview_command.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "source/commands/captured_log.h"
#include "source/commands/environment.h"
#include "source/commands/open_backend.h"
#include "source/commands/preview.h"
#include "source/commands/progress_line.h"
#include "source/commands/report.h"
#include "source/commands/source_config.h"
#include "source/commands/terminal.h"
#include "source/sync.h"

namespace source {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::string source;
  std::string table;
  int64_t rows = 0;
  bool json = false;
  bool with_prices = false;
  std::string prices;
  bool with_state = false;
  std::string cq_directory = ".cq";
};

void Declare(CLI::App& command, Arguments& arguments) {
  command
      .add_option("files", arguments.files,
                  "Configuration files of a sync, or a file with the spec alone")
      ->required()
      ->type_name("SPEC.yml");
  command.add_option("--source", arguments.source, "Name of the source, if the files have several");
  command.add_option("--table", arguments.table, "Only this table");
  command.add_option("--rows", arguments.rows, "Show the first rows of the table")
      ->check(CLI::Range(int64_t{1}, int64_t{10'000}))
      ->needs("--table");
  command.add_flag("--json", arguments.json, "Print JSON");
  command.add_flag("--with-state", arguments.with_state,
                   "Show the next sync with the state backend. Starts the plugin that keeps the "
                   "state, as the CLI does, and reads its table");
  command
      .add_option("--cq-dir", arguments.cq_directory,
                  "With --with-state: where the CLI keeps downloaded plugins")
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--prices",
          [&arguments](const std::string& prices) {
            arguments.with_prices = true;
            arguments.prices = prices;
          },
          "Say what a sync costs. LIST,GET,GB: US dollars for 1,000 requests of each kind and for "
          "a gigabyte of transfer; the default is 0.005,0.0004,0.09")
      ->expected(0, 1)
      ->type_name("LIST,GET,GB");
}

// The state to take into account, and what the report says about it. A table that cannot be read is
// that of a first sync, as far as anybody can tell.
arrow::Result<std::optional<OpenedState>> StateFor(const Arguments& arguments,
                                                   const SourceConfig& config, std::string* text) {
  if (config.backend) *text = "State table " + base::Quoted(config.backend->table_name) + ": ";
  if (!arguments.with_state) {
    if (config.backend) *text += "shown is a first sync. With --with-state, the next one is shown.";
    return std::nullopt;
  }
  auto opened = OpenBackend(config, arguments.cq_directory, {});
  if (opened.ok()) {
    *text += "what earlier syncs delivered is not read again.";
    return std::optional<OpenedState>(*std::move(opened));
  }
  if (base::KindOf(opened.status()) != base::ErrorKind::kUnsupported) return opened.status();
  *text +=
      "shown is a first sync, since the table cannot be read: " + base::MessageOf(opened.status());
  return std::nullopt;
}

arrow::Result<Report> MakeReport(const Arguments& arguments, const LoggingStoreFactory& make_store,
                                 const std::string& version) {
  Report report{.table = arguments.table};
  if (arguments.with_prices) {
    ARROW_ASSIGN_OR_RAISE(report.prices, ParsePrices(arguments.prices));
  }
  ARROW_ASSIGN_OR_RAISE(SourceConfig config,
                        LoadSourceConfig(arguments.files, arguments.source, EnvironmentVariable,
                                         arguments.with_state));
  ARROW_ASSIGN_OR_RAISE(report.spec, ParseSpec(config.spec_json));
  ARROW_ASSIGN_OR_RAISE(SyncOptions options, SyncOptionsOf(report.spec, version));
  CapturedLog log;
  ARROW_ASSIGN_OR_RAISE(auto store, make_store(log.logger())(report.spec));
  ARROW_ASSIGN_OR_RAISE(const auto state, StateFor(arguments, config, &report.state));
  RequestCounts counts;
  cloudquery::SyncRequest request{.filter = config.filter, .backend = config.backend};
  if (!arguments.table.empty()) request.filter.tables = {arguments.table};
  {
    const ProgressLine progress(counts);
    PreviewRun run(std::move(options), std::move(store), log.logger(), counts);
    ARROW_ASSIGN_OR_RAISE(report.preview,
                          run.Run(request, state ? state->store.get() : nullptr, {}));
    if (arguments.rows > 0) {
      ARROW_ASSIGN_OR_RAISE(report.rows, run.Rows(arguments.table, arguments.rows, {}));
    }
  }
  report.notes = log.notes();
  report.notes_dropped = log.dropped();
  return report;
}

}  // namespace

cloudquery::Command PreviewCommand(LoggingStoreFactory make_store, std::string version) {
  const auto arguments = std::make_shared<Arguments>();
  return {.name = "preview",
          .description = "Show the tables, columns and first rows that a sync would send",
          .declare = [arguments](CLI::App& command) { Declare(command, *arguments); },
          .run =
              [arguments, make_store = std::move(make_store), version = std::move(version)] {
                ARROW_ASSIGN_OR_RAISE(const Report report,
                                      MakeReport(*arguments, make_store, version));
                if (arguments->json) {
                  ARROW_ASSIGN_OR_RAISE(const auto json, ReportJson(report));
                  std::cout << json.dump(2, ' ', false,
                                         nlohmann::ordered_json::error_handler_t::replace)
                            << "\n";
                  return arrow::Status::OK();
                }
                ARROW_ASSIGN_OR_RAISE(const std::string text, ReportText(report, TerminalWidth()));
                std::cout << text;
                return arrow::Status::OK();
              }};
}

}  // namespace source
