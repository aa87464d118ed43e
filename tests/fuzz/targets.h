// What is fed with arbitrary bytes: one function for each place where bytes from outside are
// parsed. Each ends the process when something does not hold that must hold for every input.
#pragma once

#include <array>
#include <string_view>

namespace fuzz {

void Csv(std::string_view input);
void ErrorXml(std::string_view input);
void Jsonl(std::string_view input);
void ListXml(std::string_view input);
void Parquet(std::string_view input);
void Spec(std::string_view input);
void State(std::string_view input);
void TableName(std::string_view input);

struct Target {
  /// Of its seeds, in tests/fuzz/seeds/.
  std::string_view folder;
  void (*run)(std::string_view input);
};

inline constexpr std::array kTargets = {
    Target{"csv", Csv},          Target{"error_xml", ErrorXml},   Target{"jsonl", Jsonl},
    Target{"list_xml", ListXml}, Target{"parquet", Parquet},      Target{"spec", Spec},
    Target{"state", State},      Target{"table_name", TableName},
};

}  // namespace fuzz
