// What a command line offers, as values, and what is made of them: completions for shells and a
// manual page. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

namespace CLI {
class App;
}

namespace cloudquery {

struct OptionText {
  /// With their hyphens, the long ones first: "--message", "-m".
  std::vector<std::string> flags;
  /// What its value is called; empty: it has none.
  std::string value;
  /// The only values; empty: any.
  std::vector<std::string> choices;
  std::string description;
};

struct ArgumentText {
  std::string name;
  std::string description;
};

struct CommandText {
  std::string name;
  std::string description;
  std::vector<OptionText> options;
  std::vector<ArgumentText> arguments;
  /// Of which one must follow; empty: none does.
  std::vector<CommandText> commands;
};

struct ProgramText {
  /// Of the executable.
  std::string name;
  std::string version;
  std::string description;
  std::vector<CommandText> commands;
};

/// `app` has all its commands.
ProgramText DescribeProgram(const CLI::App& app, std::string name, std::string version);

/// The script that makes a shell complete commands, options and their values. kConfig: `shell` is
/// not bash, zsh or fish.
[[nodiscard]] arrow::Result<std::string> Completion(const ProgramText& program,
                                                    std::string_view shell);

/// A page of section 1, in the macros of man(7).
std::string ManPage(const ProgramText& program);

}  // namespace cloudquery
