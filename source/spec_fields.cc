#include "source/spec_fields.h"

#include <array>
#include <limits>
#include <vector>

#include "s3/request.h"
#include "source/cursor_codec.h"
#include "source/key_pattern.h"
#include "source/memory_shares.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMaxCount = std::numeric_limits<int32_t>::max();

constexpr std::string_view kMatchAllowed =
    "a pattern of whole keys, or a list of them: * stands for characters of one folder or file "
    "name, ** for any characters, ? for one, {name} for a column";
constexpr std::string_view kIgnoreAllowed =
    "a list of patterns of whole keys, such as those of match in a dataset";
constexpr std::string_view kMetadataAllowed =
    "a list of \"key\", \"last_modified\", \"etag\", \"size\" and \"row\", each once";

Json PatternConstraints() {
  return {{"pattern", kKeyPatternPattern}, {"not", {{"pattern", kNotAKeyPatternPattern}}}};
}

Json MetadataNames() { return {{"enum", {"key", "last_modified", "etag", "size", "row"}}}; }

std::vector<SpecField> MakeFields() {
  return {
      {.name = "bucket",
       .title = "Bucket",
       .description = "Name of the S3 bucket to read.",
       .member = &Spec::bucket,
       .required = true,
       .allowed = "the name of an S3 bucket",
       .constraints = {{"minLength", 1},
                       {"pattern", s3::kBucketPattern},
                       {"not", {{"pattern", s3::kNotABucketPattern}}}},
       .examples = {"my-bucket"},
       .advice = &s3::BucketAdvice,
       .instead = {{"^arn:.*accesspoint", "the alias of the access point (it ends in -s3alias)"},
                   {"^arn:(?!.*accesspoint)",
                    "the bucket's name alone, without the rest of the ARN"},
                   {"^[A-Za-z0-9+.-]+://",
                    "the bucket's name alone; a folder goes into path_prefix, a server other than "
                    "AWS into endpoint"},
                   {"^(?!arn:)[^:]*/", "the bucket's name alone; a folder goes into path_prefix"},
                   {"\\s", "the bucket's name alone, without blanks"},
                   {"--x-s3$", "a general purpose bucket; directory buckets are not supported"}}},
      {.name = "region",
       .title = "Region",
       .description =
           "AWS region of the bucket. Servers other than AWS usually take any; `us-east-1` is "
           "a common choice there.",
       .member = &Spec::region,
       .required = true,
       .allowed = "the region of the bucket, such as us-east-1",
       .constraints = {{"minLength", 1}},
       .examples = {"us-east-1", "eu-central-1"}},
      {.name = "local_profile",
       .title = "Local profile",
       .description =
           "Profile of the shared AWS configuration and credentials files to take credentials "
           "from. It wins over the environment. Empty: the AWS SDKs' default chain.",
       .member = &Spec::local_profile,
       .allowed = "the name of an AWS profile",
       .examples = {"my-profile"}},
      {.name = "role_arn",
       .title = "Role ARN",
       .description =
           "IAM role to assume with these credentials, and to read the bucket as. Left out: none.",
       .member = &Spec::role_arn,
       .may_be_secret = true,
       .allowed = "the ARN of an IAM role, such as arn:aws:iam::123456789012:role/reader",
       .constraints = {{"pattern", "^arn:"}},
       .examples = {"arn:aws:iam::123456789012:role/reader"}},
      {.name = "external_id",
       .title = "External id",
       .description =
           "What the owner of the role in `role_arn` asks to be told before it may be assumed.",
       .member = &Spec::external_id,
       .may_be_secret = true,
       .needs = "role_arn",
       .allowed = "the external id of a role, with role_arn beside it",
       .constraints = {{"minLength", 1}},
       .examples = {"a1b2c3"}},
      {.name = "path_prefix",
       .title = "Path prefix",
       .description =
           "Only objects whose keys begin with this are read. A plain prefix: it may end inside "
           "a name. Empty: the whole bucket.",
       .member = &Spec::path_prefix,
       .allowed = "a key prefix",
       .examples = {"data/2024/", "exports/orders-"}},
      {.name = "filetype",
       .title = "File type",
       .description =
           "Format of the objects. Only keys that end in `.parquet`, in any case, are read.",
       .member = &Spec::filetype,
       .allowed = "\"parquet\"",
       .constraints = {{"enum", {"parquet"}}},
       .examples = {"parquet"}},
      {.name = "rows_per_record",
       .title = "Rows per record",
       .description =
           "Most rows in one record sent to the destination. More rows a record cost less; many "
           "destinations batch again by their own limits.",
       .member = &Spec::rows_per_record,
       .allowed = "a whole number of at least 1",
       .constraints = {{"minimum", 1}, {"maximum", kMaxCount}},
       .examples = {500, 10000}},
      {.name = "concurrency",
       .title = "Concurrency",
       .description = "Most requests to S3 in flight at a time, over all tables; never more than "
                      "512, nor more "
                      "than memory and the system's limit of threads allow. Negative: 512.",
       .member = &Spec::concurrency,
       .allowed = "a whole number of at least 1, or a negative one for no limit",
       .constraints = {{"minimum", -kMaxCount}, {"maximum", kMaxCount}, {"not", {{"const", 0}}}},
       .examples = {50, -1}},
      {.name = "endpoint",
       .title = "Endpoint",
       .description = "URL of an S3-compatible server, such as MinIO. Plain HTTP only if it says "
                      "`http://`. Empty: that of the environment, or else AWS.",
       .member = &Spec::endpoint,
       .may_be_secret = true,
       .allowed = "the URL of an S3 server",
       .examples = {"http://localhost:9000", "https://s3.example.com"}},
      {.name = "path_style",
       .title = "Path style",
       .description =
           "Put the bucket into the path of URLs instead of the host name. Most servers other "
           "than AWS want it. Happens unasked for names that no host name can hold.",
       .member = &Spec::path_style,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "tls_ca_file",
       .title = "TLS CA file",
       .description =
           "Path of a PEM file with the certificate authorities to trust, instead of the system's. "
           "Empty: `AWS_CA_BUNDLE` of the environment, or else the system's.",
       .member = &Spec::tls_ca_file,
       .may_be_secret = true,
       .allowed = "the path of a PEM file",
       .examples = {"/etc/ssl/private-ca.pem"}},
      {.name = "tls_insecure_skip_verify",
       .title = "TLS without verification",
       .description = "Accept any certificate of the server, with a warning in each sync. For "
                      "tests: `tls_ca_file` is the safe way.",
       .member = &Spec::tls_insecure_skip_verify,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "anonymous",
       .title = "Anonymous",
       .description =
           "Send requests unsigned, as public buckets take them. No credentials are looked for.",
       .member = &Spec::anonymous,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "requester_pays",
       .title = "Requester pays",
       .description = "Agree to pay for requests and transfer, as buckets with Requester Pays "
                      "demand.",
       .member = &Spec::requester_pays,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "on_malformed",
       .title = "On malformed",
       .description =
           "What to do about an object that cannot be read as its format, or that was deleted "
           "meanwhile: `warn` leaves it out with a warning, `fail` fails the sync once all "
           "else is done.",
       .member = &Spec::on_malformed,
       .allowed = "\"warn\" or \"fail\"",
       .constraints = {{"enum", {"warn", "fail"}}},
       .examples = {"fail"}},
      {.name = "on_archived",
       .title = "On archived",
       .description =
           "What to do about an object that must be restored from an archive class before it can "
           "be "
           "read: `fail` fails the sync once all else is done, `skip` skips it with a warning. "
           "With "
           "a state backend it is always skipped with a warning, and read once it is restored.",
       .member = &Spec::on_archived,
       .allowed = "\"fail\" or \"skip\"",
       .constraints = {{"enum", {"fail", "skip"}}},
       .examples = {"skip"}},
      {.name = "nested_lists",
       .title = "Nested lists",
       .description =
           "How a list of lists is sent: as `json`, which every destination stores, or as "
           "`list`, which PostgreSQL refuses.",
       .member = &Spec::nested_lists,
       .allowed = "\"json\" or \"list\"",
       .constraints = {{"enum", {"json", "list"}}},
       .examples = {"list"}},
      {.name = "cursor_lookback",
       .title = "Cursor look-back",
       .description =
           "How far below the newest object a sync with a state backend still expects objects "
           "that become visible late, such as multipart uploads, which S3 dates by their start.",
       .member = &Spec::cursor_lookback,
       .allowed = "a duration such as \"24h\", \"1h30m\" or \"0s\"",
       .constraints = {{"pattern", kDurationPattern}},
       .examples = {"24h", "1h30m", "0s"}},
      {.name = "cursor_max_known",
       .title = "Known objects",
       .description =
           "Most objects a table's state remembers inside the look-back window, about 11 bytes "
           "each. The next sync reads again what was left out.",
       .member = &Spec::cursor_max_known,
       .allowed = "a whole number of at least 1",
       .constraints = {{"minimum", 1}, {"maximum", kMaxCount}},
       .examples = {100000}},
      {.name = "memory_limit",
       .title = "Memory limit",
       .description = "Memory for fetched, decoded and encoded data of a sync. The program itself "
                      "and the list "
                      "of objects come on top.",
       .member = &Spec::memory_limit,
       .allowed = "a size of at least \"10MiB\", such as \"64MiB\" or \"2GiB\"",
       .constraints = {{"pattern", kByteSizePattern}},
       .examples = {"64MiB", "2GiB"}},
      {.name = "retry_timeout",
       .title = "Retry timeout",
       .description =
           "How long a request that S3 or the network fails is retried: an outage or throttling "
           "that is shorter is outlasted. A sync whose requests fail for longer fails later by as "
           "much.",
       .member = &Spec::retry_timeout,
       .allowed = "a duration such as \"2m\", \"1m30s\" or \"0s\"",
       .constraints = {{"pattern", kDurationPattern}},
       .examples = {"2m", "10m", "0s"}},
      {.name = "hive_partitioning",
       .title = "Hive partitioning",
       .description =
           "Folders such as `dt=2024-01-01` are left out of table names and become text columns.",
       .member = &Spec::hive_partitioning,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "metadata_columns",
       .title = "Metadata columns",
       .description = "Columns that say where a row comes from: `_s3_key`, `_s3_last_modified`, "
                      "`_s3_etag`, `_s3_size`, `_s3_row`.",
       .member = &Spec::metadata_columns,
       .allowed = kMetadataAllowed,
       .constraints = MetadataNames(),
       .list_constraints = {{"uniqueItems", true}},
       .examples = Json::array({Json::array({"key", "row"})})},
      {.name = "ignore",
       .title = "Ignore",
       .description = "Patterns of keys that are not data. A list replaces the default, an empty "
                      "one ignores nothing.",
       .member = &Spec::ignore,
       .allowed = kIgnoreAllowed,
       .constraints = PatternConstraints(),
       .examples = Json::array({Json::array({"**/_*", "raw/tmp/**"}), Json::array()}),
       .problem = &KeyPattern::ProblemOf},
      {.name = "datasets",
       .title = "Datasets",
       .description = "Which keys make which tables; the first dataset that matches a key takes "
                      "it. Empty: each folder is a table.",
       .member = &Spec::datasets,
       .allowed = "a list of blocks, each with table and match",
       .examples = Json::array({Json::array({{{"table", "orders"}, {"match", "raw/orders/**"}}})})},
  };
}

std::vector<SpecField> MakeDatasetFields() {
  return {
      {.name = "table",
       .title = "Table",
       .description = "Name of the table, in which `{name}` stands for what the pattern captures.",
       .member = &DatasetSpec::table,
       .required = true,
       .allowed = "a name of letters, digits and _, in which {name} stands for a capture of match",
       .constraints = {{"pattern", R"(^(?:[A-Za-z0-9_]|\{[A-Za-z][A-Za-z0-9_]{0,62}\})+$)"}},
       .examples = {"orders", "{table}", "raw_{name}"}},
      {.name = "match",
       .title = "Match",
       .description = "Pattern of the keys that belong to the dataset, or a list of patterns.",
       .member = &DatasetSpec::match,
       .required = true,
       .or_one = true,
       .allowed = kMatchAllowed,
       .constraints = PatternConstraints(),
       .list_constraints = {{"minItems", 1}},
       .examples = {"raw/orders/**", "exports/{table}/dt={dt}/*.parquet",
                    Json::array({"a/*.parquet", "b/*.parquet"})},
       .problem = &KeyPattern::ProblemOf},
      {.name = "hive_partitioning",
       .title = "Hive partitioning",
       .description = "As in the spec, for this dataset.",
       .member = &DatasetSpec::hive_partitioning,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "metadata_columns",
       .title = "Metadata columns",
       .description = "As in the spec, for this dataset.",
       .member = &DatasetSpec::metadata_columns,
       .allowed = kMetadataAllowed,
       .constraints = MetadataNames(),
       .list_constraints = {{"uniqueItems", true}},
       .examples = Json::array({Json::array({"key"})})},
      {.name = "ignore",
       .title = "Ignore",
       .description = "As in the spec, for this dataset: keys that match are not passed on to the "
                      "next one either.",
       .member = &DatasetSpec::ignore,
       .allowed = kIgnoreAllowed,
       .constraints = PatternConstraints(),
       .examples = Json::array({Json::array()}),
       .problem = &KeyPattern::ProblemOf},
  };
}

constexpr std::array kExclusions = {
    Exclusion{"anonymous", "local_profile", "Unsigned requests need no credentials."},
    Exclusion{"anonymous", "role_arn", "Somebody unknown assumes no role."},
    Exclusion{"anonymous", "requester_pays", "Somebody unknown cannot pay."},
};

}  // namespace

std::span<const Exclusion> Exclusions() { return kExclusions; }

std::span<const SpecField> SpecFields() {
  static const std::vector<SpecField> fields = MakeFields();
  return fields;
}

std::span<const SpecField> DatasetFields() {
  static const std::vector<SpecField> fields = MakeDatasetFields();
  return fields;
}

}  // namespace source
