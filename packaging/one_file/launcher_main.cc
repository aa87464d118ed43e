// The one-file executable. Its bundle is in bundle.S.
#include <iostream>

#include "launcher/launch.h"

extern "C" const char cq_bundle_begin[], cq_bundle_end[];

int main(int, char** argv) {
  const auto bundle = launcher::ParseBundle({cq_bundle_begin, cq_bundle_end});
  if (!bundle) {
    std::cerr << "Error: this file is damaged. Download it again.\n";
    return 1;
  }
  return launcher::Launch(*bundle, argv);
}
