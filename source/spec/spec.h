// The `spec` block of this source's configuration. One table (source/spec/spec_fields.cc) describes
// each field; the checks, the JSON Schema and the reference page in docs/configuration.md come from
// it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

namespace source {

/// From names of columns to names of types (source/schema/column_types.h).
using TypeNames = std::map<std::string, std::string>;
/// How objects of CSV are written.
struct CsvSpec {
  /// Of one byte, or "" to find it out.
  std::string delimiter;
  /// Of one byte, or "" for none; the same for those below.
  std::string quote = "\"";
  std::string escape;
  bool header = true;
  std::vector<std::string> column_names;
  int64_t skip_rows = 0;
  std::string comment;
  std::vector<std::string> null_values = {"", "NULL", "\\N"};
  /// "utf-8", "utf-16" or "latin-1".
  std::string encoding = "utf-8";
  bool newlines_in_values = true;

  bool operator==(const CsvSpec&) const = default;
};

/// What is said of the keys that a pattern matches. What is not set is as the spec has it.
struct DatasetSpec {
  std::string table;
  std::vector<std::string> match;
  std::optional<std::string> schema;
  std::optional<std::vector<std::string>> columns;
  std::optional<std::string> filetype;
  std::optional<std::string> compression;
  std::optional<CsvSpec> csv;
  std::optional<bool> flatten;
  std::optional<std::string> infer;
  std::optional<std::string> on_malformed_row;
  std::optional<TypeNames> types;
  std::optional<bool> rescue;
  std::optional<std::string> cq_ids;
  std::optional<bool> hive_partitioning;
  std::optional<std::vector<std::string>> metadata_columns;
  std::optional<std::vector<std::string>> ignore;

  bool operator==(const DatasetSpec&) const = default;
};

/// What engines leave beside data.
std::vector<std::string> DefaultIgnore();

/// Names and defaults are those that users' files already have.
struct Spec {
  std::string bucket;
  std::string region;
  std::string local_profile;
  std::string role_arn;
  std::string external_id;
  std::string path_prefix;
  /// "parquet", "csv", "jsonl" or "auto".
  std::string filetype = "parquet";
  /// "auto", "none", "gzip", "zstd", "bzip2" or "lz4"; of CSV and JSON Lines.
  std::string compression = "auto";
  CsvSpec csv;
  bool flatten = false;
  /// "sample", "full" or "text".
  std::string infer = "sample";
  /// "fail_object" or "skip".
  std::string on_malformed_row = "fail_object";
  std::string endpoint;
  bool path_style = false;
  std::string tls_ca_file;
  bool tls_insecure_skip_verify = false;
  bool anonymous = false;
  bool requester_pays = false;
  int64_t rows_per_record = 500;
  /// Requests in flight; negative: no limit but memory's.
  int64_t concurrency = 50;
  /// "warn" or "fail".
  std::string on_malformed = "warn";
  /// "fail" or "skip".
  std::string on_archived = "fail";
  /// "evolve" or "strict".
  std::string schema = "evolve";
  /// None: all.
  std::vector<std::string> columns;
  TypeNames types;
  bool rescue = false;
  /// "keep" or "new".
  std::string cq_ids = "keep";
  /// "json" or "list".
  std::string nested_lists = "json";
  /// "auto", "required" or "off".
  std::string checkpoints = "auto";
  /// A duration as Go writes it.
  std::string checkpoint_interval = "5m";
  /// These two have no effect, see SpecField::deprecated.
  std::string cursor_lookback = "24h";
  int64_t cursor_max_known = 100'000;
  /// A size, see ParseByteSize.
  std::string memory_limit = "256MiB";
  /// A duration as Go writes it.
  std::string retry_timeout = "2m";
  bool hive_partitioning = false;
  /// "key", "last_modified", "etag", "size", "row".
  std::vector<std::string> metadata_columns;
  /// Patterns of keys that are not data, see KeyPattern.
  std::vector<std::string> ignore = DefaultIgnore();
  std::vector<DatasetSpec> datasets;

  bool operator==(const Spec&) const = default;
};

/// Checks and reads the spec. kConfig: the first thing that is wrong, with its key, its value and
/// what is allowed.
[[nodiscard]] arrow::Result<Spec> ParseSpec(std::string_view json);

/// Sentences about fields that are set and have no effect.
std::vector<std::string> WarningsOf(const Spec& spec);

/// True when nothing was configured: no bytes, `null` or `{}`.
bool IsEmptySpec(std::string_view json);

/// JSON Schema, draft 2020-12; a spec passes it exactly when ParseSpec takes it, but for three
/// things that a schema cannot say: that the patterns of a dataset have the captures its table
/// uses, that none of them captures a name twice, and that a decimal's scale is not greater than
/// its precision.
std::string SpecJsonSchema();

/// The fields as a Markdown table, for docs/configuration.md.
std::string SpecReference();
/// The same for those of a dataset.
std::string DatasetReference();
/// The same for those of the block csv.
std::string CsvReference();

}  // namespace source
