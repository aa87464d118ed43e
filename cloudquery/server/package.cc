#include "cloudquery/server/package.h"

#include <minizip/zip.h>
#include <sys/utsname.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cloudquery/server/elf.h"
#include "cloudquery/server/hub_docs.h"
#include "cloudquery/server/table_docs.h"

namespace cloudquery {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

arrow::Status ConfigError(std::string message) {
  return base::MakeError(base::ErrorKind::kConfig, std::move(message));
}

arrow::Result<std::string> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return ConfigError("cannot read " + path.string());
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

arrow::Status WriteFile(const fs::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.flush();
  return file ? arrow::Status::OK() : ConfigError("cannot write " + path.string());
}

arrow::Status MakeDirectory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error
             ? ConfigError("cannot create the directory " + path.string() + ": " + error.message())
             : arrow::Status::OK();
}

// Go's name of the processor architecture.
std::string Architecture() {
  utsname name{};
  uname(&name);
  const std::string machine = name.machine;
  return machine == "x86_64" ? "amd64" : machine == "aarch64" ? "arm64" : machine;
}

// A zip file that is being written. Zlib's minizip is linked statically, so that it does not take
// part in the start of every plugin process.
class ZipFile {
 public:
  explicit ZipFile(const fs::path& path) : zip_(zipOpen64(path.c_str(), APPEND_STATUS_CREATE)) {}
  ~ZipFile() { Close(); }
  ZipFile(const ZipFile&) = delete;
  ZipFile& operator=(const ZipFile&) = delete;

  /// False: the file cannot be written.
  bool AddExecutable(const std::string& name, std::istream& content) {
    static constexpr uLong kUnix = 3U << 8;  // what made the entry, and so the kind of attributes
    static constexpr int kWindowBits = -MAX_WBITS, kMemoryLevel = 8;  // zlib's own defaults
    const zip_fileinfo info = {.tmz_date = {.tm_mday = 1, .tm_year = 1980},
                               .external_fa = 0100755UL << 16};
    if (zip_ == nullptr ||
        zipOpenNewFileInZip4_64(zip_, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr,
                                Z_DEFLATED, Z_DEFAULT_COMPRESSION, /*raw=*/0, kWindowBits,
                                kMemoryLevel, Z_DEFAULT_STRATEGY, /*password=*/nullptr, /*crc=*/0,
                                kUnix, /*flags=*/0, /*zip64=*/0) != ZIP_OK) {
      return false;
    }
    std::vector<char> block(1 << 20);
    do {
      content.read(block.data(), static_cast<std::streamsize>(block.size()));
      const auto bytes = static_cast<unsigned>(content.gcount());
      if (zipWriteInFileInZip(zip_, block.data(), bytes) != ZIP_OK) return false;
    } while (content);
    return content.eof() && zipCloseFileInZip(zip_) == ZIP_OK;
  }

  bool Close() {
    const zipFile zip = std::exchange(zip_, nullptr);
    return zip != nullptr && zipClose(zip, /*comment=*/nullptr) == ZIP_OK;
  }

 private:
  zipFile zip_;
};

arrow::Status ZipExecutable(const std::string& path, const fs::path& zip_path,
                            const std::string& member) {
  std::ifstream executable(path, std::ios::binary);
  ZipFile zip(zip_path);
  if (zip.AddExecutable(member, executable) && zip.Close()) return arrow::Status::OK();
  return ConfigError("cannot write " + zip_path.string() + ": " + std::strerror(errno));
}

arrow::Result<std::vector<Table>> TablesWithoutConnection(Source& source) {
  ARROW_RETURN_NOT_OK(source.Init({.no_connection = true}));
  return source.Tables({}, {});
}

arrow::Result<std::string> MessageText(const std::string& message) {
  return message.starts_with('@') ? ReadFile(message.substr(1)) : message;
}

arrow::Status CheckVersion(const std::string& version, const PluginInfo& info) {
  static const std::regex kVersion(R"(v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?)");
  if (!std::regex_match(version, kVersion)) {
    return ConfigError("\"" + version + "\" is not a valid version; it must have the form v1.2.3");
  }
  if (version == info.version) return arrow::Status::OK();
  return ConfigError("this executable has version " + info.version + " and cannot be packed as " +
                     version + ". Build the version that is to be published.");
}

// The hub unpacks one file of the package, so nothing can be beside it.
arrow::Status CheckRunsAlone(const std::string& executable) {
  ARROW_ASSIGN_OR_RAISE(const auto libraries, NeededLibraries(executable));
  std::string foreign;
  for (const std::string& library : libraries) {
    if (!IsPartOfGlibc(library)) foreign += " " + library;
  }
  if (foreign.empty()) return arrow::Status::OK();
  return ConfigError(
      "this executable cannot be packed, since it needs libraries that other "
      "systems do not have:" +
      foreign + ". Run the package command of the one file that `make dist` builds.");
}

// The targets of the same version that were packed on machines with other processors.
Json OtherTargets(const fs::path& dist, const std::string& version, const std::string& arch) {
  std::ifstream file(dist / "package.json");
  const Json package = Json::parse(file, /*callback=*/nullptr, /*allow_exceptions=*/false);
  Json others = Json::array();
  if (!package.is_object() || package.value("version", "") != version) return others;
  for (const Json& target : package.value("supported_targets", Json::array())) {
    const bool is_other = target.is_object() && target.value("arch", arch) != arch;
    if (is_other && fs::exists(dist / target.value("path", ""))) others.push_back(target);
  }
  return others;
}

arrow::Status WritePackageJson(const fs::path& dist, const PluginInfo& info,
                               const std::string& message, Json targets) {
  const Json package = {{"schema_version", 1},     {"team", info.team},
                        {"kind", "source"},        {"name", info.name},
                        {"message", message},      {"version", info.version},
                        {"protocols", {3}},        {"supported_targets", std::move(targets)},
                        {"package_type", "native"}};
  return WriteFile(dist / "package.json", package.dump(2));
}

}  // namespace

arrow::Status WriteTableDocs(const std::string& directory, Source& source) {
  ARROW_ASSIGN_OR_RAISE(const auto tables, TablesWithoutConnection(source));
  ARROW_RETURN_NOT_OK(MakeDirectory(directory));
  return WriteFile(fs::path(directory) / "__tables.json", TableDocsJson(tables));
}

arrow::Status WritePackage(const PackageOptions& options, const PluginInfo& info, Source& source) {
  ARROW_RETURN_NOT_OK(CheckVersion(options.version, info));
  ARROW_RETURN_NOT_OK(CheckRunsAlone(info.executable));
  const fs::path project = options.directory;
  const fs::path dist =
      options.dist_directory.empty() ? project / "dist" : fs::path(options.dist_directory);
  const fs::path docs =
      options.docs_directory.empty() ? project / info.hub_docs : fs::path(options.docs_directory);
  const std::string arch = Architecture();
  const std::string member = "plugin-" + info.name + "-" + info.version + "-linux-" + arch;

  ARROW_ASSIGN_OR_RAISE(const std::string message, MessageText(options.message));
  ARROW_ASSIGN_OR_RAISE(const auto tables, TablesWithoutConnection(source));
  ARROW_RETURN_NOT_OK(MakeDirectory(dist));
  ARROW_RETURN_NOT_OK(CopyHubDocs(docs, dist / "docs"));
  ARROW_RETURN_NOT_OK(WriteFile(dist / "tables.json", TablesJson(tables)));
  ARROW_RETURN_NOT_OK(WriteFile(dist / "spec_json_schema.json", source.SpecSchema()));
  ARROW_RETURN_NOT_OK(ZipExecutable(info.executable, dist / (member + ".zip"), member));
  ARROW_ASSIGN_OR_RAISE(const std::string zip, ReadFile(dist / (member + ".zip")));
  Json targets = OtherTargets(dist, info.version, arch);
  targets.push_back({{"os", "linux"},
                     {"arch", arch},
                     {"path", member + ".zip"},
                     {"checksum", "sha256:" + base::ToHex(base::Sha256(zip))}});
  return WritePackageJson(dist, info, message, std::move(targets));
}

}  // namespace cloudquery
