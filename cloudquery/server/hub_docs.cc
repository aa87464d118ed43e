#include "cloudquery/server/hub_docs.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>

#include "arrow/result.h"
#include "base/error.h"
#include "base/text.h"

namespace cloudquery {
namespace {

namespace fs = std::filesystem;

// Name -> text.
using Pages = std::map<std::string, std::string>;

arrow::Status ConfigError(std::string message) {
  return base::MakeError(base::ErrorKind::kConfig, std::move(message));
}

arrow::Result<Pages> ReadPages(const std::string& folder) {
  std::error_code error;
  Pages pages;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".md") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    if (!file) return ConfigError("cannot read " + entry.path().string());
    pages[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
  }
  if (error) {
    return ConfigError("cannot read the documentation directory " + folder + ": " +
                       error.message() + ". Set --docs-dir.");
  }
  if (pages.contains("overview.md")) return pages;
  return ConfigError("the documentation directory " + folder +
                     " has no overview.md, which the hub shows first. Set --docs-dir.");
}

std::string WithoutCode(const std::string& text) {
  static const std::regex kCode("```[^]*?```|`[^`\n]*`");
  return std::regex_replace(text, kCode, "");
}

arrow::Status CheckPage(const std::string& name, const std::string& text, const Pages& pages) {
  static const std::regex kTag(R"(</?[A-Za-z][^<>]*>|<!--)");
  static const std::regex kLink(R"(\]\(([^)\s]+)[^)]*\))");
  static const std::regex kElsewhere("(https?://|mailto:|#).*");
  const std::string prose = WithoutCode(text);
  std::smatch tag;
  if (std::regex_search(prose, tag, kTag) && !tag.str().starts_with("<http")) {
    return ConfigError(name + " has HTML, which the hub does not show: " + tag.str());
  }
  for (std::sregex_iterator link(prose.begin(), prose.end(), kLink), end; link != end; ++link) {
    const std::string target = (*link)[1];
    if (std::regex_match(target, kElsewhere)) continue;
    if (!pages.contains(target.substr(0, target.find('#')))) {
      return ConfigError(name + " has a link to a file that is not packed: " + target);
    }
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Status CopyHubDocs(const std::string& from, const std::string& to) {
  ARROW_ASSIGN_OR_RAISE(const Pages pages, ReadPages(from));
  for (const auto& [name, text] : pages) ARROW_RETURN_NOT_OK(CheckPage(name, text, pages));
  std::error_code error;
  fs::create_directories(to, error);
  for (const auto& [name, text] : pages) {
    std::ofstream file(fs::path(to) / name, std::ios::binary | std::ios::trunc);
    file << text;
    file.flush();
    if (!file) return ConfigError("cannot write " + (fs::path(to) / name).string());
  }
  return arrow::Status::OK();
}

}  // namespace cloudquery
