#include "source/spec/spec_fields.h"

#include <array>
#include <vector>

#include "base/time.h"
#include "s3/endpoint/bucket_address.h"
#include "source/read/memory_shares.h"
#include "source/spec/spec_field_parts.h"

namespace source {
namespace {

std::vector<SpecField> MakeFields() {
  return {
      {.name = "bucket",
       .title = "Bucket",
       .description = "Name of the S3 bucket to read. Required.",
       .member = &Spec::bucket,
       .required = true,
       .allowed = "the name of an S3 bucket",
       .constraints = {{"minLength", 1},
                       {"pattern", s3::kBucketPattern},
                       {"not", {{"pattern", s3::kNotABucketPattern}}}},
       .examples = {"my-bucket"},
       .advice = &s3::BucketAdvice,
       .instead =
           {{"^arn:.*accesspoint", "the alias of the access point (it ends in -s3alias)"},
            {"^arn:[^:]*:s3:::", "the name of the bucket alone, without the rest of the ARN"},
            {"^[A-Za-z0-9+.-]+://",
             "the name of the bucket alone; a folder goes into path_prefix, a server other than "
             "AWS into endpoint"},
            {"^[^:]*/", "the name of the bucket alone; a folder goes into path_prefix"},
            {"\\s", "the name of the bucket alone, without blanks"},
            {"--x-s3$", "a general purpose bucket; directory buckets are not supported"}}},
      {.name = "region",
       .title = "Region",
       .description =
           "AWS region of the bucket. Required. Most servers other than AWS accept any region; "
           "`us-east-1` is a common choice there.",
       .member = &Spec::region,
       .required = true,
       .allowed = "the region of the bucket, such as us-east-1",
       .constraints = {{"minLength", 1}},
       .examples = {"us-east-1", "eu-central-1"}},
      {.name = "local_profile",
       .title = "Local profile",
       .description =
           "Profile to take credentials from, in the shared AWS configuration and credentials "
           "files. It takes precedence over the environment. Default: the credential chain of the "
           "AWS SDKs. Set it if the machine has several profiles.",
       .member = &Spec::local_profile,
       .allowed = "the name of an AWS profile",
       .examples = {"my-profile"}},
      {.name = "role_arn",
       .title = "Role ARN",
       .description =
           "IAM role to assume with the credentials that were found. The bucket is read as this "
           "role. Default: no role. Set it if only a role may read the bucket, for example in "
           "another account.",
       .member = &Spec::role_arn,
       .may_be_secret = true,
       .allowed = "the ARN of an IAM role, such as arn:aws:iam::123456789012:role/reader",
       .constraints = {{"pattern", "^arn:"}},
       .examples = {"arn:aws:iam::123456789012:role/reader"}},
      {.name = "external_id",
       .title = "External id",
       .description =
           "External ID required by the role's trust policy. Default: none. Set it only together "
           "with `role_arn`.",
       .member = &Spec::external_id,
       .may_be_secret = true,
       .needs = "role_arn",
       .allowed = "the external id of a role, with role_arn beside it",
       .constraints = {{"minLength", 1}},
       .examples = {"a1b2c3"}},
      {.name = "path_prefix",
       .title = "Path prefix",
       .description =
           "Prefix of the keys to read. The prefix may end in the middle of a name. Default: the "
           "whole bucket. Set it to read a part of the bucket, or if access is limited to a "
           "prefix.",
       .member = &Spec::path_prefix,
       .allowed = "a key prefix",
       .examples = {"data/2024/", "exports/orders-"}},
      {.name = "filetype",
       .title = "File type",
       .description =
           "Format of the objects. Only keys with its endings, in upper or lower case, are read: "
           "`.parquet`; `.csv` and `.tsv`; `.jsonl`, `.ndjson` and `.json`. `auto` reads all of "
           "these, each by its ending. Behind the endings of text, that of a compression may "
           "follow, such as `.gz`.",
       .member = &Spec::filetype,
       .allowed = kFiletypeAllowed,
       .constraints = Filetypes(),
       .examples = {"parquet", "csv", "jsonl", "auto"}},
      {.name = "compression",
       .title = "Compression",
       .description = "How CSV and JSON Lines are compressed. `auto` goes by the first bytes of "
                      "each object.",
       .member = &Spec::compression,
       .allowed = kCompressionAllowed,
       .constraints = Compressions(),
       .examples = {"auto", "gzip"}},
      {.name = "csv",
       .title = "CSV",
       .description = "How CSV is written; see the table below.",
       .member = &Spec::csv,
       .allowed = "a block of keys and values",
       .examples = Json::array({{{"delimiter", ";"}, {"header", false}}})},
      {.name = "flatten",
       .title = "Flatten",
       .description = "Objects within the objects of JSON Lines become columns `a_b` instead of "
                      "one column `a` with fields.",
       .member = &Spec::flatten,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "infer",
       .title = "Infer",
       .description =
           "What decides about the types of columns of CSV and JSON Lines: a `sample` of "
           "each object (its beginning, and its end if it is not compressed), the "
           "`full` object, which is then read twice, or nothing, so that each column is "
           "`text`.",
       .member = &Spec::infer,
       .allowed = kInferAllowed,
       .constraints = Inferences(),
       .examples = {"full"}},
      {.name = "on_malformed_row",
       .title = "On malformed row",
       .description = "What happens when a row of CSV has too few or too many values, or a line of "
                      "JSON Lines is not an object: the object is malformed, or the row is skipped "
                      "with a warning.",
       .member = &Spec::on_malformed_row,
       .allowed = kOnMalformedRowAllowed,
       .constraints = MalformedRows(),
       .examples = {"skip"}},
      {.name = "rows_per_record",
       .title = "Rows per record",
       .description =
           "Max rows in one record sent to the destination. Each record has a fixed cost, so more "
           "rows in a record cost less time. Raise it for speed; many destinations batch the rows "
           "again by limits of their own.",
       .member = &Spec::rows_per_record,
       .allowed = "a whole number of at least 1",
       .constraints = {{"minimum", 1}, {"maximum", kMaxCount}},
       .examples = {500, 10000}},
      {.name = "concurrency",
       .title = "Concurrency",
       .description =
           "Max number of requests to S3 in flight, over all tables. A negative number means 512, "
           "which is also the upper limit. Memory and the system's thread limit can reduce it "
           "further. Raise it for a distant store or for many small objects.",
       .member = &Spec::concurrency,
       .allowed = "a whole number of at least 1, or a negative one for no limit",
       .constraints = {{"minimum", -kMaxCount}, {"maximum", kMaxCount}, {"not", {{"const", 0}}}},
       .examples = {50, -1}},
      {.name = "endpoint",
       .title = "Endpoint",
       .description =
           "URL of an S3-compatible server, such as MinIO. Plain HTTP is used only if the URL "
           "says `http://`. Default: the endpoint in the environment, else AWS. Set it for "
           "servers other than AWS.",
       .member = &Spec::endpoint,
       .may_be_secret = true,
       .allowed = "the URL of an S3 server",
       .examples = {"http://localhost:9000", "https://s3.example.com"}},
      {.name = "path_style",
       .title = "Path style",
       .description =
           "Whether the bucket goes into the path of URLs instead of the host name. Default: only "
           "for bucket names that cannot be part of a host name. Set it for servers other than "
           "AWS; most of them need it.",
       .member = &Spec::path_style,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "tls_ca_file",
       .title = "TLS CA file",
       .description =
           "Path of a PEM file with the certificate authorities to trust. If set, only the "
           "authorities in this file are trusted. Default: `AWS_CA_BUNDLE` of the environment, "
           "else `SSL_CERT_FILE`, "
           "else those of the system. Set it for a server with a private certificate authority.",
       .member = &Spec::tls_ca_file,
       .may_be_secret = true,
       .allowed = "the path of a PEM file",
       .examples = {"/etc/ssl/private-ca.pem"}},
      {.name = "tls_insecure_skip_verify",
       .title = "TLS without verification",
       .description =
           "Whether any certificate of the server is accepted. Each sync then logs a warning. Set "
           "it only for tests; `tls_ca_file` is the safe alternative.",
       .member = &Spec::tls_insecure_skip_verify,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "anonymous",
       .title = "Anonymous",
       .description =
           "Whether requests are sent unsigned. No credentials are looked up then. Set it for "
           "public buckets.",
       .member = &Spec::anonymous,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "requester_pays",
       .title = "Requester pays",
       .description =
           "Whether you agree to pay for requests and data transfer. Set it for buckets with "
           "Requester Pays, which otherwise refuse access.",
       .member = &Spec::requester_pays,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "on_malformed",
       .title = "On malformed",
       .description =
           "What happens to an object that cannot be read as its format, or that was deleted "
           "after it was listed. `warn` skips the object with a warning. `fail` reads all other "
           "objects and then fails the sync.",
       .member = &Spec::on_malformed,
       .allowed = "\"warn\" or \"fail\"",
       .constraints = {{"enum", {"warn", "fail"}}},
       .examples = {"fail"}},
      {.name = "on_archived",
       .title = "On archived",
       .description =
           "What happens to an object that must be restored from an archive class before it can "
           "be read. `fail` reads all other objects and then fails the sync. `skip` skips the "
           "object with a warning. With a state backend, the object is always skipped with a "
           "warning, and read once it is restored.",
       .member = &Spec::on_archived,
       .allowed = "\"fail\" or \"skip\"",
       .constraints = {{"enum", {"fail", "skip"}}},
       .examples = {"skip"}},
      {.name = "schema",
       .title = "Schema",
       .description = "How objects of a table with different columns or types are read. `evolve` "
                      "unites columns "
                      "by name, sends null for missing columns, and widens types where no value is "
                      "lost; a table "
                      "whose types have no common type fails. `strict` fails a table unless all "
                      "its objects have "
                      "the same columns and types. Set `strict` if every difference is a mistake.",
       .member = &Spec::schema,
       .allowed = "\"evolve\" or \"strict\"",
       .constraints = {{"enum", {"evolve", "strict"}}},
       .examples = {"strict"}},
      {.name = "columns",
       .title = "Columns",
       .description =
           "The only columns that are read. A name with dots is that of a field inside a struct. "
           "Of Parquet objects above 16 KiB, only the bytes of these columns are fetched. Empty: "
           "all columns. Set it to read less.",
       .member = &Spec::columns,
       .allowed = kColumnsAllowed,
       .constraints = {{"minLength", 1}},
       .list_constraints = {{"uniqueItems", true}},
       .examples = Json::array({Json::array({"id", "amount", "order.price"})})},
      {.name = "types",
       .title = "Types",
       .description =
           "Types of columns. The values of such a column are cast; an object with a value that "
           "does not fit is malformed. A name with dots is that of a field inside a struct. Set it "
           "where objects disagree about a column, or for a capture or a partition that is not "
           "text.",
       .member = &Spec::types,
       .allowed = TypesAllowed(),
       .constraints = {{"pattern", kColumnTypePattern}},
       .examples = TypeExamples(),
       .problem = &ColumnTypeProblem},
      {.name = "rescue",
       .title = "Rescue",
       .description =
           "Whether a JSON column `_rescued` keeps what does not fit the column it belongs to, by "
           "the names of columns. Neither do types without a common type fail their table then, "
           "nor is an object malformed of a value that does not fit `types`. Set it if a clash "
           "must not stop a sync.",
       .member = &Spec::rescue,
       .allowed = "true or false",
       .examples = {true}},
      {.name = "cq_ids",
       .title = "CloudQuery's ids",
       .description =
           "What happens to the `_cq_id` and `_cq_parent_id` of objects that CloudQuery wrote. "
           "`keep` sends them. `new` gives each row an id of its own, and no parent. Set `new` to "
           "keep the rows of several syncs of one resource, which have equal ids.",
       .member = &Spec::cq_ids,
       .allowed = "\"keep\" or \"new\"",
       .constraints = {{"enum", {"keep", "new"}}},
       .examples = {"new"}},
      {.name = "nested_lists",
       .title = "Nested lists",
       .description =
           "How a list of lists is sent. `json` sends it as JSON, which every destination can "
           "store. `list` sends it as a list of lists, which PostgreSQL rejects. Set `list` if "
           "your destination supports nested lists.",
       .member = &Spec::nested_lists,
       .allowed = "\"json\" or \"list\"",
       .constraints = {{"enum", {"json", "list"}}},
       .examples = {"list"}},
      {.name = "checkpoints",
       .title = "Checkpoints",
       .description =
           "Whether a sync with a state backend stores, while it runs and when it fails, which "
           "objects the destination has. The next sync then does not read these again. `auto` does "
           "so if the state backend is a destination of this source, and otherwise logs a warning "
           "and stores the state once at the end. `required` fails instead. `off` always stores "
           "the state at the end.",
       .member = &Spec::checkpoints,
       .allowed = "\"auto\", \"required\" or \"off\"",
       .constraints = {{"enum", {"auto", "required", "off"}}},
       .examples = {"required"}},
      {.name = "checkpoint_interval",
       .title = "Checkpoint interval",
       .description =
           "Time between two checkpoints. There is also one for every 2 GiB that were read. A "
           "checkpoint makes the destination store the rows it has received, so the time between "
           "two is never less than 19 times what the last one took. Shorten it if little work may "
           "be repeated after a failure.",
       .member = &Spec::checkpoint_interval,
       .allowed = "a duration such as \"5m\", \"30s\" or \"1h\"",
       .constraints = {{"pattern", base::kDurationPattern}},
       .examples = {"5m", "30s", "1h"}},
      {.name = "cursor_lookback",
       .title = "Cursor look-back",
       .description = "Has no effect: the state has every object that was delivered.",
       .member = &Spec::cursor_lookback,
       .deprecated = true,
       .allowed = "a duration such as \"24h\", \"1h30m\" or \"0s\"",
       .constraints = {{"pattern", base::kDurationPattern}},
       .examples = {"24h"}},
      {.name = "cursor_max_known",
       .title = "Known objects",
       .description = "Has no effect: the state has every object that was delivered.",
       .member = &Spec::cursor_max_known,
       .deprecated = true,
       .allowed = "a whole number of at least 1",
       .constraints = {{"minimum", 1}, {"maximum", kMaxCount}},
       .examples = {100000}},
      {.name = "memory_limit",
       .title = "Memory limit",
       .description =
           "Memory for the fetched, decoded and encoded data of a sync. The program itself and "
           "the list of objects need memory in addition. Less memory means smaller and more "
           "requests. Raise it for a distant store or for large row groups.",
       .member = &Spec::memory_limit,
       .allowed = "a size of at least \"10MiB\", such as \"64MiB\" or \"2GiB\"",
       .constraints = {{"pattern", kByteSizePattern}},
       .examples = {"64MiB", "2GiB"}},
      {.name = "retry_timeout",
       .title = "Retry timeout",
       .description =
           "How long a request that fails at S3 or in the network is retried. Shorter outages and "
           "throttling do not fail the sync. A longer time delays the failure when an outage "
           "lasts longer. `0s` turns retries off.",
       .member = &Spec::retry_timeout,
       .allowed = "a duration such as \"2m\", \"1m30s\" or \"0s\"",
       .constraints = {{"pattern", base::kDurationPattern}},
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

constexpr std::array kExclusions = {
    Exclusion{"anonymous", "local_profile", "Unsigned requests do not use credentials."},
    Exclusion{"anonymous", "role_arn", "An anonymous request cannot assume a role."},
    Exclusion{"anonymous", "requester_pays", "An anonymous request cannot pay for transfer."},
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

std::span<const SpecField> CsvFields() {
  static const std::vector<SpecField> fields = MakeCsvFields();
  return fields;
}

}  // namespace source
