// Builds the bundle of the one-file executable: bundler OUTPUT STRIP PROGRAM FILE...
// STRIP is a program that removes symbols from a copy of each ELF file.
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "launcher/bundle.h"

namespace {

namespace fs = std::filesystem;

// The highest level whose frames take no more than 8 MiB of memory to unpack.
constexpr int kCompressionLevel = 19;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool Run(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

std::string Stripped(const std::string& strip, const fs::path& file, const fs::path& copy) {
  const std::string content = ReadFile(file);
  if (!content.starts_with("\177ELF")) return content;
  if (!Run({strip, "--strip-unneeded", "-o", copy, file})) return "";
  const std::string stripped = ReadFile(copy);
  fs::remove(copy);
  return stripped;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: bundler OUTPUT STRIP PROGRAM FILE...\n";
    return 1;
  }
  const std::string output = argv[1];
  std::vector<launcher::FileToPack> files;
  for (int i = 3; i < argc; ++i) {
    const fs::path file = argv[i];
    files.push_back({i == 3 ? "cq-source-s3" : file.filename().string(),
                     Stripped(argv[2], file, output + ".stripped")});
    if (files.back().content.empty()) {
      std::cerr << "Error: cannot read or strip " << file << "\n";
      return 1;
    }
  }
  const std::string bundle = launcher::PackBundle(files, kCompressionLevel);
  std::ofstream out(output, std::ios::binary | std::ios::trunc);
  out << bundle;
  out.close();
  if (bundle.empty() || !out) {
    std::cerr << "Error: cannot write " << output << "\n";
    return 1;
  }
  return 0;
}
