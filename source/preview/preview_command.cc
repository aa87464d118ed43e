#include "source/preview/preview_command.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "source/preview/captured_log.h"
#include "source/preview/preview.h"
#include "source/preview/progress_line.h"
#include "source/preview/report.h"
#include "source/preview/source_config.h"
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

std::optional<std::string> Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

// 0: the output is no terminal, so lines may be as long as they like.
size_t TerminalWidth() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string StateText(const SourceConfig& config) {
  if (!config.backend) return "";
  return "The configuration has a state backend (" + config.backend->connection +
         "). Shown is a first sync; each later one reads only what is new.";
}

arrow::Result<Report> MakeReport(const Arguments& arguments, const LoggingStoreFactory& make_store,
                                 const std::string& version) {
  Report report{.table = arguments.table};
  if (arguments.with_prices) {
    ARROW_ASSIGN_OR_RAISE(report.prices, ParsePrices(arguments.prices));
  }
  ARROW_ASSIGN_OR_RAISE(SourceConfig config,
                        LoadSourceConfig(arguments.files, arguments.source, Variable));
  ARROW_ASSIGN_OR_RAISE(report.spec, ParseSpec(config.spec_json));
  ARROW_ASSIGN_OR_RAISE(SyncOptions options, SyncOptionsOf(report.spec, version));
  CapturedLog log;
  ARROW_ASSIGN_OR_RAISE(auto store, make_store(log.logger())(report.spec));
  RequestCounts counts;
  cloudquery::SyncRequest request{.filter = config.filter};
  if (!arguments.table.empty()) request.filter.tables = {arguments.table};
  {
    const ProgressLine progress(counts);
    PreviewRun run(std::move(options), std::move(store), log.logger(), counts);
    ARROW_ASSIGN_OR_RAISE(report.preview, run.Run(request, /*state=*/nullptr, {}));
    if (arguments.rows > 0) {
      ARROW_ASSIGN_OR_RAISE(report.rows, run.Rows(arguments.table, arguments.rows, {}));
    }
  }
  report.state = StateText(config);
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
