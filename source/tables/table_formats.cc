#include "source/tables/table_formats.h"

namespace source {
namespace {

constexpr std::string_view kDelta = "Delta";
constexpr std::string_view kHudi = "Hudi";
constexpr std::string_view kIceberg = "Iceberg";

// Where the folder `name` (with its slash) begins in the key; npos: it is not there.
size_t FindFolder(std::string_view key, std::string_view name) {
  size_t at = key.find(name);
  while (at != std::string_view::npos && at > 0 && key[at - 1] != '/') at = key.find(name, at + 1);
  return at;
}

std::string WithoutSlash(std::string_view folder) {
  if (folder.ends_with('/')) folder.remove_suffix(1);
  return std::string(folder);
}

}  // namespace

void TableFormats::Add(std::string_view key) {
  constexpr std::string_view kMetadata = "metadata/";
  if (const size_t at = FindFolder(key, "_delta_log/"); at != std::string_view::npos) {
    folders_.insert({WithoutSlash(key.substr(0, at)), kDelta});
  } else if (const size_t hoodie = FindFolder(key, ".hoodie/"); hoodie != std::string_view::npos) {
    folders_.insert({WithoutSlash(key.substr(0, hoodie)), kHudi});
  } else if (key.ends_with(".metadata.json")) {
    const std::string_view folder = key.substr(0, key.rfind('/') + 1);
    if (folder != kMetadata && !folder.ends_with("/metadata/")) return;
    folders_.insert({WithoutSlash(folder.substr(0, folder.size() - kMetadata.size())), kIceberg});
  }
}

std::string TableFormats::Folder::data_prefix() const {
  return (path.empty() ? "" : path + "/") + (format == kIceberg ? "data/" : "");
}

std::string TableFormats::WarningOf(const Folder& folder) {
  const std::string where =
      folder.path.empty() ? "the top of the bucket" : "folder \"" + folder.path + "\"";
  return where + " is a table of " + std::string(folder.format) +
         ", a table format that this plugin does not understand: its files are read as plain "
         "files, so rows that the table has removed or replaced may come back";
}

}  // namespace source
