#include "cloudquery/server/command_text.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace cloudquery {
namespace {

// CLI11 shows a set of values as "{a,b}" in the name of a type.
std::vector<std::string> ChoicesIn(const std::string& type) {
  const size_t begin = type.find('{');
  const size_t end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

OptionText Describe(const CLI::Option& option) {
  OptionText text{.description = option.get_description()};
  for (const std::string& name : option.get_lnames()) text.flags.push_back("--" + name);
  for (const std::string& name : option.get_snames()) text.flags.push_back("-" + name);
  if (option.get_items_expected_max() == 0) return text;
  text.choices = ChoicesIn(option.get_type_name());
  const std::string& type = option.get_type_name();
  text.value = text.choices.empty() ? type.substr(0, type.find(':')) : "VALUE";
  return text;
}

std::vector<CommandText> DescribeCommands(const CLI::App& app) {
  std::vector<CommandText> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    CommandText text{.name = command->get_name(),
                     .description = command->get_description(),
                     .commands = DescribeCommands(*command)};
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_positional()) {
        text.arguments.push_back({option->get_name(true), option->get_description()});
      } else {
        text.options.push_back(Describe(*option));
      }
    }
    commands.push_back(std::move(text));
  }
  return commands;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string NamesOf(const std::vector<CommandText>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const CommandText& command : commands) names.push_back(command.name);
  return Joined(names);
}

// Those of the command and of all commands below it, each once.
std::vector<OptionText> AllOptions(const CommandText& command) {
  std::vector<OptionText> options = command.options;
  for (const CommandText& below : command.commands) {
    for (const OptionText& option : below.options) {
      const bool known = std::ranges::any_of(
          options, [&](const OptionText& other) { return other.flags == option.flags; });
      if (!known) options.push_back(option);
    }
  }
  return options;
}

std::string FlagsOf(const CommandText& command) {
  std::vector<std::string> flags;
  for (const OptionText& option : AllOptions(command)) {
    flags.insert(flags.end(), option.flags.begin(), option.flags.end());
  }
  return Joined(flags);
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// For a text between single quotation marks of a POSIX shell.
std::string ShellText(std::string text) { return Replaced(std::move(text), "'", "'\\''"); }

std::string BashCompletion(const ProgramText& program) {
  const std::string function = "_" + Replaced(program.name, "-", "_");
  std::string values, flags;
  for (const CommandText& command : program.commands) {
    flags += "    " + command.name + ") words='" + FlagsOf(command) + "' names='" +
             NamesOf(command.commands) + "' ;;\n";
    for (const OptionText& option : AllOptions(command)) {
      if (option.value.empty()) continue;
      std::string patterns;
      for (const std::string& flag : option.flags) {
        if (!patterns.empty()) patterns += '|';
        patterns.append(command.name).append(":").append(flag);
      }
      const std::string how = option.choices.empty() ? "-f" : "-W '" + Joined(option.choices) + "'";
      values.append("    ").append(patterns).append(") mapfile -t COMPREPLY < <(compgen ");
      values.append(how).append(" -- \"$current\"); return ;;\n");
    }
  }
  return "# Completion of " + program.name + " for bash.\n" + function +
         "() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local command=${COMP_WORDS[1]} words='" +
         NamesOf(program.commands) +
         " --help --version' names=\n"
         "  ((COMP_CWORD > 1)) || command=\n"
         "  case $command:$previous in\n" +
         values +
         "  esac\n"
         "  case $command in\n"
         "    '') ;;\n" +
         flags +
         "    *) words= ;;\n"
         "  esac\n"
         "  [[ $COMP_CWORD != 2 || -z $names || $current == -* ]] || words=$names command=\n"
         "  if [[ -z $command || $current == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "  else\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F " +
         function + " " + program.name + "\n";
}

// For a description in an argument of _arguments.
std::string ZshText(std::string text) {
  for (const char* special : {"\\", "[", "]", ":"}) {
    text = Replaced(std::move(text), special, std::string("\\") + special);
  }
  return ShellText(std::move(text));
}

std::string ZshCompletion(const ProgramText& program) {
  std::string commands, cases;
  for (const CommandText& command : program.commands) {
    commands += "    '" + command.name + ":" + ZshText(command.description) + "'\n";
    cases += "    " + command.name + ") _arguments";
    for (const OptionText& option : AllOptions(command)) {
      const std::string action =
          option.choices.empty() ? "_files" : "(" + Joined(option.choices) + ")";
      for (const std::string& flag : option.flags) {
        cases += " \\\n      '" + flag + "[" + ZshText(option.description) + "]";
        if (!option.value.empty()) cases += ":" + ZshText(option.value) + ":" + action;
        cases += "'";
      }
    }
    if (!command.commands.empty()) {
      cases += " \\\n      '1:command:(" + NamesOf(command.commands) + ")'";
    }
    cases += " \\\n      '*:file:_files' ;;\n";
  }
  return "#compdef " + program.name + "\n_" + program.name +
         "() {\n"
         "  local -a commands=(\n" +
         commands +
         "  )\n"
         "  if ((CURRENT == 2)); then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  shift words\n"
         "  ((CURRENT--))\n"
         "  case $words[1] in\n" +
         cases +
         "  esac\n"
         "}\n"
         "if [[ $funcstack[1] == _" +
         program.name + " ]]; then\n  _" + program.name + " \"$@\"\nelse\n  compdef _" +
         program.name + " " + program.name + "\nfi\n";
}

std::string FishText(std::string text) {
  return "'" + Replaced(Replaced(std::move(text), "\\", "\\\\"), "'", "\\'") + "'";
}

std::string FishCompletion(const ProgramText& program) {
  const std::string complete = "complete -c " + program.name;
  std::string script = "# Completion of " + program.name + " for fish.\n";
  for (const CommandText& command : program.commands) {
    script += complete + " -n __fish_use_subcommand -f -a " + command.name + " -d " +
              FishText(command.description) + "\n";
    for (const CommandText& below : command.commands) {
      script += complete + " -n " +
                FishText("__fish_seen_subcommand_from " + command.name +
                         "; and not __fish_seen_subcommand_from " + NamesOf(command.commands)) +
                " -f -a " + below.name + " -d " + FishText(below.description) + "\n";
    }
    for (const OptionText& option : AllOptions(command)) {
      script += complete + " -n " + FishText("__fish_seen_subcommand_from " + command.name);
      for (const std::string& flag : option.flags) {
        script += flag.starts_with("--") ? " -l " + flag.substr(2) : " -s " + flag.substr(1);
      }
      if (!option.choices.empty()) script += " -x -a " + FishText(Joined(option.choices));
      if (option.choices.empty() && !option.value.empty()) script += " -r";
      script += " -d " + FishText(option.description) + "\n";
    }
  }
  return script;
}

// Text of a manual page: hyphens as they are typed, and no line that looks like a macro.
std::string RoffText(std::string text) {
  text = Replaced(Replaced(std::move(text), "\\", "\\e"), "-", "\\-");
  text = Replaced(std::move(text), "`", "");
  return text.starts_with('.') || text.starts_with('\'') ? "\\&" + text : text;
}

std::string RoffOption(const OptionText& option) {
  std::string flags;
  for (const std::string& flag : option.flags) {
    flags += (flags.empty() ? "\\fB" : ", \\fB") + RoffText(flag) + "\\fR";
  }
  std::string text = ".TP\n" + flags;
  if (!option.value.empty()) text += " \\fI" + RoffText(option.value) + "\\fR";
  text += "\n" + RoffText(option.description) + ".\n";
  if (!option.choices.empty()) text += "One of " + RoffText(Joined(option.choices)) + ".\n";
  return text;
}

// With the commands below a command in its place, "state show" for "state".
std::vector<CommandText> Flattened(const std::vector<CommandText>& commands,
                                   const std::string& before = "") {
  std::vector<CommandText> flat;
  for (CommandText command : commands) {
    command.name = before + command.name;
    if (command.commands.empty()) {
      flat.push_back(std::move(command));
      continue;
    }
    for (CommandText& below : Flattened(command.commands, command.name + " ")) {
      flat.push_back(std::move(below));
    }
  }
  return flat;
}

}  // namespace

ProgramText DescribeProgram(const CLI::App& app, std::string name, std::string version) {
  return {.name = std::move(name),
          .version = std::move(version),
          .description = app.get_description(),
          .commands = DescribeCommands(app)};
}

arrow::Result<std::string> Completion(const ProgramText& program, std::string_view shell) {
  if (shell == "bash") return BashCompletion(program);
  if (shell == "zsh") return ZshCompletion(program);
  if (shell == "fish") return FishCompletion(program);
  return base::MakeError(
      base::ErrorKind::kConfig,
      "there is no completion for the shell " + base::Quoted(shell) + ". Write bash, zsh or fish");
}

std::string ManPage(const ProgramText& program) {
  const std::string name = RoffText(program.name);
  std::string page = ".TH " + program.name + R"( 1 "" ")" + program.version + "\"\n.SH NAME\n" +
                     name + " \\- " + RoffText(program.description) + "\n.SH SYNOPSIS\n";
  const std::vector<CommandText> commands = Flattened(program.commands);
  for (const CommandText& command : commands) {
    page += ".B " + name + " " + RoffText(command.name) + "\n";
    if (!command.options.empty()) page += "[\\fIoptions\\fR]\n";
    for (const ArgumentText& argument : command.arguments) {
      page += "\\fI" + RoffText(argument.name) + "\\fR\n";
    }
    page += ".br\n";
  }
  page += ".SH COMMANDS\n";
  for (const CommandText& command : commands) {
    page += ".SS " + RoffText(command.name) + "\n" + RoffText(command.description) + ".\n";
    for (const ArgumentText& argument : command.arguments) {
      page +=
          ".TP\n\\fI" + RoffText(argument.name) + "\\fR\n" + RoffText(argument.description) + ".\n";
    }
    for (const OptionText& option : command.options) page += RoffOption(option);
  }
  return page + ".SH EXIT STATUS\n0, or 1 after an error.\n";
}

}  // namespace cloudquery
