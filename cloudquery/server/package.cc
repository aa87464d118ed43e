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

#include "arrow/util/key_value_metadata.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cloudquery/types/extension_types.h"

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

arrow::Status ZipExecutable(const fs::path& zip_path, const std::string& member) {
  std::ifstream executable("/proc/self/exe", std::ios::binary);
  ZipFile zip(zip_path);
  if (zip.AddExecutable(member, executable) && zip.Close()) return arrow::Status::OK();
  return ConfigError("cannot write " + zip_path.string() + ": " + std::strerror(errno));
}

arrow::Status CopyDocs(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::is_directory(from, error)) {
    return ConfigError("the documentation directory " + from.string() +
                       " does not exist; set --docs-dir");
  }
  ARROW_RETURN_NOT_OK(MakeDirectory(to));
  for (const auto& page : fs::directory_iterator(from)) {
    if (page.path().extension() != ".md") continue;
    fs::copy_file(page.path(), to / page.path().filename(), fs::copy_options::overwrite_existing,
                  error);
    if (error) return ConfigError("cannot copy " + page.path().string() + ": " + error.message());
  }
  return arrow::Status::OK();
}

std::string TypeOf(const arrow::Field& field) {
  if (field.metadata() != nullptr) {
    const auto extension = field.metadata()->Get(std::string(kExtensionNameKey));
    if (extension.ok()) return *extension;
  }
  return field.type()->id() == arrow::Type::STRING ? "utf8" : field.type()->ToString();
}

Json ColumnJson(const Column& column) {
  Json json = {{"name", column.field->name()},
               {"description", column.description},
               {"type", TypeOf(*column.field)},
               {"primary_key", column.primary_key},
               {"not_null", !column.field->nullable()},
               {"unique", column.unique},
               {"incremental_key", column.incremental_key}};
  if (!column.type_schema.empty()) json["type_schema"] = column.type_schema;
  return json;
}

Json TableJson(const Table& table, const std::vector<Table>& all) {
  Json columns = Json::array(), relations = Json::array();
  for (const Column& column : table.columns) columns.push_back(ColumnJson(column));
  for (const Table& other : all) {
    if (other.depends_on == table.name) relations.push_back(other.name);
  }
  Json json = {{"name", table.name},
               {"title", table.title},
               {"description", table.description},
               {"is_incremental", table.incremental},
               {"is_paid", table.paid},
               {"relations", std::move(relations)},
               {"permissions_needed", table.permissions_needed},
               {"sensitive_columns", table.sensitive_columns},
               {"columns", std::move(columns)}};
  if (!table.depends_on.empty()) json["parent"] = table.depends_on;
  return json;
}

arrow::Result<std::string> TablesWithoutConnection(Source& source) {
  ARROW_RETURN_NOT_OK(source.Init({.no_connection = true}));
  ARROW_ASSIGN_OR_RAISE(const auto tables, source.Tables({}, {}));
  return TablesJson(tables);
}

arrow::Result<std::string> MessageText(const std::string& message) {
  return message.starts_with('@') ? ReadFile(message.substr(1)) : message;
}

}  // namespace

std::string TablesJson(const std::vector<Table>& tables) {
  Json json = Json::array();
  for (const Table& table : tables) json.push_back(TableJson(table, tables));
  return json.dump(2);
}

arrow::Status WriteTableDocs(const std::string& directory, Source& source) {
  ARROW_ASSIGN_OR_RAISE(const std::string tables, TablesWithoutConnection(source));
  ARROW_RETURN_NOT_OK(MakeDirectory(directory));
  return WriteFile(fs::path(directory) / "__tables.json", tables);
}

arrow::Status WritePackage(const PackageOptions& options, const PluginInfo& info, Source& source) {
  static const std::regex kVersion(R"(v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?)");
  if (!std::regex_match(options.version, kVersion)) {
    return ConfigError("\"" + options.version +
                       "\" is not a valid version; it must have the form v1.2.3");
  }
  const fs::path project = options.directory;
  const fs::path dist =
      options.dist_directory.empty() ? project / "dist" : fs::path(options.dist_directory);
  const fs::path docs =
      options.docs_directory.empty() ? project / "docs" : fs::path(options.docs_directory);
  const std::string arch = Architecture();
  const std::string executable = "plugin-" + info.name + "-" + options.version + "-linux-" + arch;

  ARROW_ASSIGN_OR_RAISE(const std::string message, MessageText(options.message));
  ARROW_ASSIGN_OR_RAISE(const std::string tables, TablesWithoutConnection(source));
  ARROW_RETURN_NOT_OK(MakeDirectory(dist));
  ARROW_RETURN_NOT_OK(CopyDocs(docs, dist / "docs"));
  ARROW_RETURN_NOT_OK(WriteFile(dist / "tables.json", tables));
  ARROW_RETURN_NOT_OK(WriteFile(dist / "spec_json_schema.json", source.SpecSchema()));
  ARROW_RETURN_NOT_OK(ZipExecutable(dist / (executable + ".zip"), executable));
  ARROW_ASSIGN_OR_RAISE(const std::string zip, ReadFile(dist / (executable + ".zip")));
  const Json target = {{"os", "linux"},
                       {"arch", arch},
                       {"path", executable + ".zip"},
                       {"checksum", "sha256:" + base::ToHex(base::Sha256(zip))}};
  const Json package = {{"schema_version", 1},     {"team", info.team},
                        {"kind", "source"},        {"name", info.name},
                        {"message", message},      {"version", options.version},
                        {"protocols", {3}},        {"supported_targets", {target}},
                        {"package_type", "native"}};
  return WriteFile(dist / "package.json", package.dump(2));
}

}  // namespace cloudquery
