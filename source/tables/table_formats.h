// Folders that table formats keep: Delta, Hudi and Iceberg write logs and metadata beside the data
// files, which betray them. Not thread-safe.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace source {

class TableFormats {
 public:
  /// Any key of the listing, also one that is passed over.
  void Add(std::string_view key);

  struct Folder {
    /// Without a slash at the end; empty: the top of the bucket.
    std::string path;
    std::string_view format;
    /// What the keys of its data files begin with.
    std::string data_prefix() const;
    auto operator<=>(const Folder&) const = default;
  };
  const std::set<Folder>& folders() const { return folders_; }

  static std::string WarningOf(const Folder& folder);

 private:
  std::set<Folder> folders_;
};

}  // namespace source
