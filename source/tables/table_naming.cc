#include "source/tables/table_naming.h"

#include "base/sha256.h"
#include "base/text.h"
#include "cloudquery/types/identifiers.h"
#include "formats/text/compression.h"

namespace source {
namespace {

constexpr int kHashDigits = 8;

std::string_view FolderOf(std::string_view key) {
  const size_t slash = key.rfind('/');
  if (slash != std::string_view::npos) return key.substr(0, slash);
  const std::string_view plain = formats::WithoutCompressionEnding(key);
  return plain.substr(0, plain.rfind('.'));
}

std::string Normalise(std::string_view folder) {
  std::string name;
  for (const char c : folder) {
    if (base::IsAsciiAlphanumeric(c)) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  if (!name.empty() && name.back() == '_') name.pop_back();
  return name;
}

std::string HashName(std::string_view folder) {
  return "t_" + base::ToHex(base::Sha256(folder)).substr(0, kHashDigits);
}

}  // namespace

TableName TableNameFrom(std::string_view text) {
  TableName table{.name = cloudquery::CutName(Normalise(text)), .folder = std::string(text)};
  if (table.name.empty()) {
    table.name = HashName(text);
    table.hashed = true;
  }
  return table;
}

TableName TableNameOf(std::string_view key) { return TableNameFrom(FolderOf(key)); }

}  // namespace source
