#include "source/commands/state_command.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "source/commands/environment.h"
#include "source/commands/open_backend.h"
#include "source/commands/source_config.h"
#include "source/commands/state_changes.h"
#include "source/commands/terminal.h"
#include "source/commands/text_table.h"
#include "source/spec/spec.h"

namespace source {
namespace {

// Values of records are long; --json has all of them.
constexpr size_t kShownBytes = 200;

struct Arguments {
  std::vector<std::string> files;
  std::string source;
  std::string cq_directory = ".cq";
  std::string table;
  std::string cursor;
  bool json = false;
  bool yes = false;
};

enum class Action { kShow, kReset, kSet };

CLI::App* AddAction(CLI::App& command, const std::string& name, const std::string& description,
                    Arguments& arguments) {
  CLI::App* action = command.add_subcommand(name, description);
  action->add_option("files", arguments.files, "Configuration files of a sync")
      ->required()
      ->type_name("SPEC.yml");
  action->add_option("--source", arguments.source, "Name of the source, if the files have several");
  action->add_option("--cq-dir", arguments.cq_directory, "Where the CLI keeps downloaded plugins")
      ->capture_default_str();
  return action;
}

void Declare(CLI::App& command, Arguments& arguments) {
  command.require_subcommand(1);
  CLI::App* show = AddAction(command, "show", "Print the state of the bucket's tables", arguments);
  show->add_option("--table", arguments.table, "Only this table");
  show->add_flag("--json", arguments.json, "Print whole values, as JSON");
  CLI::App* reset = AddAction(command, "reset",
                              "Forget a table, so that the next sync reads all of it", arguments);
  CLI::App* set = AddAction(
      command, "set", "Set the cursor of a table back, so that the next sync reads what is newer",
      arguments);
  set->add_option("--cursor", arguments.cursor, "Time, such as 2024-05-06T07:08:09Z")->required();
  for (CLI::App* action : {reset, set}) {
    action->add_option("--table", arguments.table, "Name of the table")->required();
    action->add_flag("--yes", arguments.yes, "Change the state; otherwise only show the changes");
  }
}

std::string Shown(const std::string& value) {
  return value.empty() ? "(none)" : base::SafeForTerminal(base::Shortened(value, kShownBytes));
}

void PrintEntries(const std::vector<StateEntry>& entries, bool json) {
  if (json) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (const StateEntry& entry : entries) object[entry.key] = entry.value;
    std::cout << object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << "\n";
    return;
  }
  TextColumn key{"key", {}}, value{"value", {}};
  for (const StateEntry& entry : entries) {
    key.cells.push_back(base::SafeForTerminal(entry.key));
    value.cells.push_back(Shown(entry.value));
  }
  std::cout << FormatTable({key, value}, TerminalWidth());
}

arrow::Status Change(const std::vector<StateChange>& changes, OpenedState& state, bool yes) {
  if (changes.empty()) {
    std::cout << "The state has nothing of this table.\n";
    return arrow::Status::OK();
  }
  for (const StateChange& change : changes) {
    std::cout << base::SafeForTerminal(change.key) << "\n  from " << Shown(change.before)
              << "\n  to   " << Shown(change.after) << "\n";
  }
  if (!yes) {
    std::cout << "Nothing was changed. Add --yes to change it.\n";
    return arrow::Status::OK();
  }
  Apply(changes, *state.store);
  ARROW_RETURN_NOT_OK(state.store->Flush({}));
  if (state.plugin != nullptr) ARROW_RETURN_NOT_OK(state.plugin->Close());
  std::cout << "The state was changed.\n";
  return arrow::Status::OK();
}

arrow::Status Run(const Arguments& arguments, Action action) {
  ARROW_ASSIGN_OR_RAISE(const SourceConfig config,
                        LoadSourceConfig(arguments.files, arguments.source, EnvironmentVariable,
                                         /*with_backend=*/true));
  ARROW_ASSIGN_OR_RAISE(const Spec spec, ParseSpec(config.spec_json));
  ARROW_ASSIGN_OR_RAISE(OpenedState state, OpenBackend(config, arguments.cq_directory, {}));
  if (action == Action::kShow) {
    PrintEntries(StateEntriesOf(*state.store, spec.bucket, arguments.table), arguments.json);
    return arrow::Status::OK();
  }
  if (action == Action::kReset) {
    return Change(ResetTable(*state.store, spec.bucket, arguments.table), state, arguments.yes);
  }
  ARROW_ASSIGN_OR_RAISE(const auto changes,
                        SetCursor(*state.store, spec.bucket, arguments.table, arguments.cursor));
  return Change(changes, state, arguments.yes);
}

}  // namespace

cloudquery::Command StateCommand() {
  const auto arguments = std::make_shared<Arguments>();
  const auto declared = std::make_shared<const CLI::App*>();
  return {.name = "state",
          .description = "Show and mend what a state backend remembers of tables",
          .declare =
              [arguments, declared](CLI::App& command) {
                Declare(command, *arguments);
                *declared = &command;
              },
          .run =
              [arguments, declared] {
                if ((*declared)->got_subcommand("show")) return Run(*arguments, Action::kShow);
                return Run(*arguments,
                           (*declared)->got_subcommand("reset") ? Action::kReset : Action::kSet);
              }};
}

}  // namespace source
