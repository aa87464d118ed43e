// The `state` command: shows what a state backend remembers of tables, and mends it.
#pragma once

#include "cloudquery/server/command_line.h"

namespace source {

cloudquery::Command StateCommand();

}  // namespace source
