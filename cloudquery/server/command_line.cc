#include "cloudquery/server/command_line.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>

#include "base/error.h"
#include "base/exceptions.h"
#include "base/text.h"
#include "cloudquery/server/command_text.h"
#include "cloudquery/server/outgoing.h"
#include "cloudquery/server/package.h"

namespace cloudquery {
namespace {

// Flags that the CLI passes and this program ignores.
struct Ignored {
  bool no_sentry = false;
  bool otel_endpoint_insecure = false;
  std::string otel_endpoint;
  std::string license;
};

void AddServe(CLI::App& app, ServeOptions& options, Ignored& ignored) {
  CLI::App* serve = app.add_subcommand("serve", "Run the gRPC server of the plugin");
  serve
      ->add_option("--address", options.address,
                   "Address to listen on: host:port, or the path of a unix socket")
      ->capture_default_str();
  serve->add_option("--network", options.network, "Network to listen on")
      ->check(CLI::IsMember({"tcp", "tcp4", "tcp6", "unix", "unixpacket"}))
      ->capture_default_str();
  serve
      ->add_option_function<std::string>(
          "--log-level",
          [&options](const std::string& name) {
            options.log_level = ParseLogLevel(name).ValueOrDie();
          },
          "Log level; the default is info")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
  serve
      ->add_option_function<std::string>(
          "--log-format",
          [&options](const std::string& name) {
            options.log_format = name == "json" ? LogFormat::kJson : LogFormat::kText;
          },
          "Log format; the default is text")
      ->check(CLI::IsMember({"text", "json"}));
  serve->add_option("--otel-endpoint", ignored.otel_endpoint,
                    "Ignored: the plugin sends no telemetry");
  serve->add_flag("--otel-endpoint-insecure", ignored.otel_endpoint_insecure,
                  "Ignored: the plugin sends no telemetry");
  serve->add_flag("--no-sentry", ignored.no_sentry,
                  "Ignored: the plugin reports nothing to Sentry");
  serve->add_option("--license", ignored.license, "Ignored: the plugin needs no license");
}

void AddPackage(CLI::App& app, PackageOptions& options) {
  CLI::App* package =
      app.add_subcommand("package", "Write the package that `cloudquery plugin publish` takes");
  package
      ->add_option("-m,--message", options.message,
                   "Release notes, or @ and the name of a file with them")
      ->required();
  package->add_option("version", options.version, "Version to publish, such as v1.2.3")->required();
  package->add_option("directory", options.directory, "The plugin's project directory")->required();
  package->add_option("-D,--dist-dir", options.dist_directory,
                      "Output directory; the default is dist in the project directory");
  package->add_option("--docs-dir", options.docs_directory,
                      "Directory of the pages for the hub; the default is the plugin's own in the "
                      "project directory");
}

struct DocOptions {
  std::string directory;
  std::string format = "json";
};

void AddDoc(CLI::App& app, DocOptions& options) {
  CLI::App* doc =
      app.add_subcommand("doc", "Write a description of the tables that need no connection");
  doc->add_option("directory", options.directory, "Output directory of __tables.json")->required();
  doc->add_option("--format", options.format, "Format of the documentation")
      ->check(CLI::IsMember({"json"}))
      ->capture_default_str();
}

void AddTexts(CLI::App& app, std::string& shell) {
  app.add_subcommand("completion", "Print the script that makes a shell complete this program")
      ->add_option("shell", shell, "Name of the shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.add_subcommand("man", "Print the manual page, for man -l -");
}

arrow::Status PrintCompletion(const ProgramText& program, const std::string& shell) {
  ARROW_ASSIGN_OR_RAISE(const std::string script, Completion(program, shell));
  std::cout << script;
  return arrow::Status::OK();
}

int Report(const arrow::Status& status) {
  if (status.ok()) return 0;
  std::cerr << "Error: " << base::SafeForTerminal(base::MessageOf(status)) << "\n";
  return 1;
}

// Runs a command that needs a source but no server.
arrow::Status WithSource(const PluginInfo& info, const SourceFactory& make_source,
                         const std::function<arrow::Status(Source&)>& run) {
  Logger log(info.name + "-source", LogLevel::kWarn, LogFormat::kText);
  return run(*make_source(log));
}

}  // namespace

int RunPlugin(int argc, char** argv, const PluginInfo& info, const SourceFactory& make_source,
              const std::vector<Command>& commands) {
  CLI::App app(info.title);
  // The last value of a flag counts, as in the SDK's plugins.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.require_subcommand(1);
  app.set_version_flag("--version", info.name + " " + info.version);
  ServeOptions options;
  Ignored ignored;
  PackageOptions package;
  DocOptions doc;
  AddServe(app, options, ignored);
  AddDoc(app, doc);
  AddPackage(app, package);
  app.add_subcommand("info", "Print the name and version of the plugin");
  std::string shell;
  AddTexts(app, shell);
  for (const Command& command : commands) {
    command.declare(*app.add_subcommand(command.name, command.description));
  }
  try {  // CLI11 throws on errors, and also on --help and --version
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  if (app.got_subcommand("info")) {
    std::cerr << info.team << "/source/" << info.name << "@" << info.version << "\n";
    return 0;
  }
  return Report(base::CatchExceptions([&] {
    const auto texts = [&] { return DescribeProgram(app, "cq-source-" + info.name, info.version); };
    if (app.got_subcommand("completion")) return PrintCompletion(texts(), shell);
    if (app.got_subcommand("man")) {
      std::cout << ManPage(texts());
      return arrow::Status::OK();
    }
    for (const Command& command : commands) {
      if (app.got_subcommand(command.name)) return command.run();
    }
    if (app.got_subcommand("doc")) {
      return WithSource(info, make_source,
                        [&](Source& source) { return WriteTableDocs(doc.directory, source); });
    }
    if (app.got_subcommand("package")) {
      return WithSource(info, make_source,
                        [&](Source& source) { return WritePackage(package, info, source); });
    }
    return Serve(options, info, make_source);
  }));
}

}  // namespace cloudquery
