// The files of a bundle in memory, for systems without a directory that can hold them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/bundle.h"
#include "launcher/unique_fd.h"

namespace launcher {

/// One memory file for each file of the bundle, in the same order. They stay open over exec. Empty,
/// with the reason in `why`: the system has none, or too little memory.
std::optional<std::vector<UniqueFd>> UnpackToMemory(const Bundle& bundle, std::string& why);

/// The dynamic loader that a program names (its PT_INTERP). Empty: it names none.
std::string LoaderOf(int program_fd);

}  // namespace launcher
