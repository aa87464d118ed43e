// Which table an object belongs to by its folder, and names made of texts. Pure.
#pragma once

#include <string>
#include <string_view>

namespace source {

struct TableName {
  std::string name;
  /// What names the table. By the rule of folders, the part of the key: its folder without the last
  /// slash or, for a key without folder, its file name without the last extension.
  std::string folder;
  /// Nothing of the folder could be kept, so the name is a hash of it.
  bool hashed = false;

  bool operator==(const TableName&) const = default;
};

/// A text as a table name: every character outside [A-Za-z0-9_] as `_`, runs of `_` as one, none at
/// either end; case is kept. A name of more than 63 bytes, the most that PostgreSQL keeps, is cut
/// and ends in a hash of the whole name (cloudquery::CutName). When nothing is left: `t_` and the
/// first 8 hex digits of the text's SHA-256.
TableName TableNameFrom(std::string_view text);

/// The table of a key by the rule of folders.
TableName TableNameOf(std::string_view key);

}  // namespace source
