#include "source/spec/spec.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/testing.h"
#include "source/schema/column_types.h"

namespace source {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;

TEST(ParseSpec, TakesEveryField) {
  const auto spec = ParseSpec(R"({"bucket": "b", "region": "r", "local_profile": "p",
      "role_arn": "arn:aws:iam::1:role/r", "external_id": "x",
      "path_prefix": "x/", "filetype": "parquet", "rows_per_record": 7, "concurrency": -1,
      "endpoint": "http://localhost:9000", "path_style": true,
      "tls_ca_file": "/ca.pem", "tls_insecure_skip_verify": true, "requester_pays": true,
      "on_malformed": "fail",
      "schema": "strict", "nested_lists": "list", "checkpoints": "off", "checkpoint_interval": "30s",
      "cursor_lookback": "1h30m", "cursor_max_known": 7, "memory_limit": "64MiB", "retry_timeout": "10m"})");
  ASSERT_THAT(spec, IsOk());
  EXPECT_EQ(*spec, (Spec{.bucket = "b",
                         .region = "r",
                         .local_profile = "p",
                         .role_arn = "arn:aws:iam::1:role/r",
                         .external_id = "x",
                         .path_prefix = "x/",
                         .filetype = "parquet",
                         .endpoint = "http://localhost:9000",
                         .path_style = true,
                         .tls_ca_file = "/ca.pem",
                         .tls_insecure_skip_verify = true,
                         .requester_pays = true,
                         .rows_per_record = 7,
                         .concurrency = -1,
                         .on_malformed = "fail",
                         .schema = "strict",
                         .nested_lists = "list",
                         .checkpoints = "off",
                         .checkpoint_interval = "30s",
                         .cursor_lookback = "1h30m",
                         .cursor_max_known = 7,
                         .memory_limit = "64MiB",
                         .retry_timeout = "10m"}));
}

TEST(WarningsOf, NamesFieldsThatHaveNoEffect) {
  EXPECT_TRUE(WarningsOf(Spec{}).empty());
  const auto warnings = WarningsOf(Spec{.cursor_lookback = "1h", .cursor_max_known = 7});
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_TRUE(warnings[0].starts_with("spec: cursor_lookback has no effect"));
}

TEST(ParseSpec, HasTheDefaultsThatUsersFilesRelyOn) {
  const auto spec = ParseSpec(R"({"bucket": "b", "region": "r"})");
  ASSERT_THAT(spec, IsOk());
  EXPECT_EQ(spec->filetype, "parquet");
  EXPECT_EQ(spec->rows_per_record, 500);
  EXPECT_EQ(spec->concurrency, 50);
  EXPECT_EQ(spec->path_style, false);
  EXPECT_EQ(spec->path_prefix, "");
  EXPECT_EQ(spec->retry_timeout, "2m");
}

TEST(ParseSpec, TakesWholeNumbersHoweverTheyAreWritten) {
  const auto spec = ParseSpec(R"({"bucket": "b", "region": "r", "rows_per_record": 1e3})");
  ASSERT_THAT(spec, IsOk());
  EXPECT_EQ(spec->rows_per_record, 1000);
}

struct BadSpec {
  std::string json;
  std::string message;
};

constexpr char kKeys[] =
    " Allowed keys are bucket, region, local_profile, role_arn, external_id, path_prefix, "
    "filetype, compression, csv, flatten, infer, on_malformed_row, "
    "rows_per_record, concurrency, endpoint, path_style, tls_ca_file, tls_insecure_skip_verify, "
    "anonymous, "
    "requester_pays, on_malformed, on_archived, schema, columns, types, rescue, cq_ids, "
    "nested_lists, "
    "checkpoints, checkpoint_interval, memory_limit, retry_timeout, hive_partitioning, "
    "metadata_columns, ignore, datasets.";

std::string With(const std::string& more) {
  return R"({"bucket": "b", "region": "r", )" + more + "}";
}

TEST(ParseSpec, SaysWhichKeyIsWrongItsValueAndWhatIsAllowed) {
  const std::vector<BadSpec> bad = {
      {"", "spec: bucket is not set. It must be the name of an S3 bucket."},
      {"null", "spec: bucket is not set. It must be the name of an S3 bucket."},
      {"{}", "spec: bucket is not set. It must be the name of an S3 bucket."},
      {R"({"bucket": "b"})",
       "spec: region is not set. It must be the region of the bucket, such as us-east-1."},
      {R"({"bucket": "", "region": "r"})",
       "spec: bucket is \"\". It must be the name of an S3 bucket."},
      {R"({"bucket": "b", "region": ""})",
       "spec: region is \"\". It must be the region of the bucket, such as us-east-1."},
      {R"({"bucket": "s3://b/t", "region": "r"})",
       "spec: bucket is \"s3://b/t\". It must be the name of an S3 bucket. Write the bucket's name "
       "alone, without s3:// and without a folder, which goes into path_prefix: \"b\"."},
      {R"({"bucket": "arn:aws:s3:::b", "region": "r"})",
       "spec: bucket is \"arn:aws:s3:::b\". It must be the name of an S3 bucket. Write the "
       "bucket's "
       "name alone, without the rest of the ARN: \"b\"."},
      {R"({"bucket": "b--use1-az4--x-s3", "region": "r"})",
       "spec: bucket is \"b--use1-az4--x-s3\". It must be the name of an S3 bucket. Directory "
       "buckets "
       "(S3 Express One Zone) are not supported. Copy the objects to a general purpose bucket."},
      {With(R"("retry_timeout": "2 min")"),
       "spec: retry_timeout is \"2 min\". It must be a duration such as \"2m\", \"1m30s\" or "
       "\"0s\"."},
      {R"({"bucket": 5, "region": "r"})",
       "spec: bucket is 5. It must be the name of an S3 bucket."},
      {With(R"("rows_per_record": 0)"),
       "spec: rows_per_record is 0. It must be a whole number of at least 1."},
      {With(R"("rows_per_record": "many")"),
       "spec: rows_per_record is \"many\". It must be a whole number of at least 1."},
      {With(R"("rows_per_record": 1.5)"),
       "spec: rows_per_record is 1.5. It must be a whole number of at least 1."},
      {With(R"("rows_per_record": 1e300)"),
       "spec: rows_per_record is 1e+300. It must be a whole number of at least 1."},
      {With(R"("concurrency": 0)"),
       "spec: concurrency is 0. It must be a whole number of at least 1, or a negative one for no "
       "limit."},
      {With(R"("filetype": "orc")"),
       "spec: filetype is \"orc\". It must be \"parquet\", \"csv\", \"jsonl\" or \"auto\"."},
      {With(R"("path_style": "yes")"), "spec: path_style is \"yes\". It must be true or false."},
      {With(R"("path_prefix": null)"), "spec: path_prefix is null. It must be a key prefix."},
      {With(R"("on_malformed": "ignore")"),
       "spec: on_malformed is \"ignore\". It must be \"warn\" or \"fail\"."},
      {With(R"("checkpoints": "on")"),
       "spec: checkpoints is \"on\". It must be \"auto\", \"required\" or \"off\"."},
      {With(R"("cursor_lookback": "1 day")"),
       "spec: cursor_lookback is \"1 day\". It must be a duration such as \"24h\", \"1h30m\" or "
       "\"0s\"."},
      {With(R"("cursor_max_known": 0)"),
       "spec: cursor_max_known is 0. It must be a whole number of at least 1."},
      {With(R"("role_arn": "reader")"),
       "spec: role_arn is not valid (its value is not shown). It must be the ARN of an IAM role, "
       "such as "
       "arn:aws:iam::123456789012:role/reader."},
      {With(R"("external_id": "x")"),
       "spec: external_id is not valid (its value is not shown). It must be the external id of a "
       "role, with role_arn beside "
       "it."},
      {With(R"("schema": "union")"),
       "spec: schema is \"union\". It must be \"evolve\" or \"strict\"."},
      {With(R"("nested_lists": [])"),
       "spec: nested_lists is a list. It must be \"json\" or \"list\"."},
      {With(R"("paths_prefix": "x")"),
       std::string("spec: unknown key \"paths_prefix\". Did you mean "
                   "\"path_prefix\"?") +
           kKeys},
      {With(R"("color": "red")"), std::string("spec: unknown key \"color\".") + kKeys},
      {With(R"("anonymous": true, "local_profile": "p")"),
       "spec: anonymous and local_profile exclude each other. Unsigned requests do not "
       "use credentials. Remove one of them."},
      {With(R"("anonymous": true, "requester_pays": true)"),
       "spec: anonymous and requester_pays exclude each other. An anonymous request cannot pay "
       "for transfer. Remove one of them."},
      {"[1]", "spec: must be a block of keys and values."},
      {"{} trailing", "spec: not valid JSON."},
  };
  for (const BadSpec& spec : bad) {
    EXPECT_THAT(ParseSpec(spec.json), IsError(ErrorKind::kConfig)) << spec.json;
    EXPECT_THAT(ParseSpec(spec.json), HasMessage(spec.message));
  }
}

TEST(ParseSpec, TakesDatasets) {
  const auto spec = ParseSpec(With(R"json("hive_partitioning": true, "metadata_columns": ["key"],
      "ignore": [], "types": {"a": "date"}, "rescue": true,
      "columns": ["id"], "cq_ids": "new", "datasets": [
        {"table": "a", "match": "a/**", "types": {"b.c": "decimal(18,2)", "d": "json"},
         "rescue": false, "schema": "strict", "columns": ["a", "b.c"], "cq_ids": "keep"},
        {"table": "x_{t}", "match": ["{t}/*", "old/{t}/*"], "hive_partitioning": false,
         "metadata_columns": ["row", "key"], "ignore": ["**/*.crc"]}])json"));
  ASSERT_THAT(spec, IsOk());
  using Texts = std::vector<std::string>;
  EXPECT_EQ(*spec, (Spec{.bucket = "b",
                         .region = "r",
                         .columns = {"id"},
                         .types = {{"a", "date"}},
                         .rescue = true,
                         .cq_ids = "new",
                         .hive_partitioning = true,
                         .metadata_columns = {"key"},
                         .ignore = {},
                         .datasets = {{.table = "a",
                                       .match = {"a/**"},
                                       .schema = "strict",
                                       .columns = Texts{"a", "b.c"},
                                       .types = {{{"b.c", "decimal(18,2)"}, {"d", "json"}}},
                                       .rescue = false,
                                       .cq_ids = "keep"},
                                      {.table = "x_{t}",
                                       .match = {"{t}/*", "old/{t}/*"},
                                       .hive_partitioning = false,
                                       .metadata_columns = Texts{"row", "key"},
                                       .ignore = Texts{"**/*.crc"}}}}));
}

TEST(ParseSpec, SaysWhatIsWrongInADatasetAndWhere) {
  const std::string pattern =
      ". It must be a pattern of whole keys, or a list of them: * stands for characters of one "
      "folder or file name, ** for any characters, ? for one, {name} for a column.";
  const std::string ignore =
      ". It must be a list of patterns of whole keys, such as those of match in a dataset.";
  const std::string metadata =
      ". It must be a list of \"key\", \"last_modified\", \"etag\", \"size\" and \"row\", each "
      "once.";
  const std::string name =
      ". It must be a name of letters, digits and _, in which {name} stands for a capture of "
      "match.";
  const std::string keys =
      " Allowed keys are table, match, schema, columns, types, rescue, filetype, compression, csv, "
      "flatten, infer, on_malformed_row, cq_ids, hive_partitioning, metadata_columns, ignore.";
  const std::string types =
      ". It must be a block of columns, each with a type: " + std::string(kColumnTypeNames) + ".";
  const std::string good = R"({"table": "a", "match": "a/**"}, )";
  const std::vector<BadSpec> bad = {
      {R"("datasets": {})",
       "spec: datasets is a block of keys and values. It must be a list of blocks, each with table "
       "and match."},
      {R"("datasets": [5])", "spec: datasets[0] is 5. It must be a block of keys and values."},
      {R"("datasets": [)" + good + R"({"match": "a"}])",
       "spec: datasets[1].table is not set" + name},
      {R"("datasets": [)" + good + R"({"table": "a"}])",
       "spec: datasets[1].match is not set" + pattern},
      {R"("datasets": [{"table": "a-b", "match": "a"}])",
       "spec: datasets[0].table is \"a-b\"" + name},
      {R"("datasets": [{"table": "a", "match": []}])",
       "spec: datasets[0].match is a list" + pattern},
      {R"("datasets": [)" + good + R"({"table": "a", "match": "a/{b"}])",
       "spec: datasets[1].match is not valid: at character 3: no \"}\" closes this \"{\"" +
           pattern},
      {R"("datasets": [{"table": "a", "match": ["a", "b/***"]}])",
       "spec: datasets[0].match[1] is not valid: at character 5: more than two asterisks stand "
       "side "
       "by side" +
           pattern},
      {R"("datasets": [{"table": "a", "match": ["a", 5]}])",
       "spec: datasets[0].match[1] is 5" + pattern},
      {R"("datasets": [{"table": "{x}", "match": ["{x}/a", "a"]}])",
       "spec: datasets[0]: table uses {x}, which a pattern of match does not have."},
      {R"("datasets": [{"table": "a", "match": "a", "mach": "secret"}])",
       "spec: unknown key \"mach\" in datasets[0]. Did you mean \"match\"?" + keys},
      {R"("types": ["a"])", "spec: types is a list" + types},
      {R"("types": {"a": "integer"})",
       "spec: types[\"a\"] is not valid: \"integer\" is not a type" + types},
      {R"("types": {"": "text"})", "spec: types is a block of keys and values" + types},
      {R"("datasets": [)" + good + R"({"table": "a", "match": "a", "types": {"b": 5}}])",
       "spec: datasets[1].types[\"b\"] is 5" + types},
      {R"json("datasets": [{"table": "a", "match": "a", "types": {"b": "decimal(2,3)"}}])json",
       "spec: datasets[0].types[\"b\"] is not valid: \"decimal(2,3)\" is not a type" + types},
      {R"("ignore": ["a", ""])", "spec: ignore[1] is not valid: it is empty" + ignore},
      {R"("ignore": "a")", "spec: ignore is \"a\"" + ignore},
      {R"("metadata_columns": ["row", "row"])", "spec: metadata_columns is a list" + metadata},
      {R"("metadata_columns": ["rows"])", "spec: metadata_columns[0] is \"rows\"" + metadata},
      {R"("datasets": [{"table": "a", "match": "a", "hive_partitioning": null}])",
       "spec: datasets[0].hive_partitioning is null. It must be true or false."},
  };
  for (const BadSpec& spec : bad) {
    EXPECT_THAT(ParseSpec(With(spec.json)), IsError(ErrorKind::kConfig)) << spec.json;
    EXPECT_THAT(ParseSpec(With(spec.json)), HasMessage(spec.message));
  }
}

TEST(ParseSpec, NoErrorShowsWhatMayBeASecret) {
  for (const char* change : {
           R"("secret_access_key": "wJalrXUtnFEMI7s3cret")",
           R"("password": "s3cret")",
           R"("token": {"value": ["s3cret"]})",
           R"("bukket": "s3cret")",
           R"("datasets": [{"table": "t", "match": "m", "secret_key": "s3cret"}])",
           R"("datasets": [{"table": {"a": "s3cret"}, "match": "m"}])",
           R"("datasets": ["wJalrXUtnFEMI7MDENG s3cret"])",
           R"("role_arn": "s3cret")",
           R"("external_id": "s3cret")",
           R"("external_id": ["s3cret"])",
           R"("endpoint": {"url": "http://me:s3cret@host"})",
           R"("endpoint": ["http://me:s3cret@host"])",
           R"("tls_ca_file": ["-----BEGIN PRIVATE KEY----- s3cret"])",
           R"("local_profile": {"aws_secret_access_key": "s3cret"})",
           R"("anonymous": "wJalrXUtnFEMI/K7MDENG/s3cret")",
           R"("concurrency": "wJalrXUtnFEMI/K7MDENG/s3cret")",
       }) {
    const arrow::Status status = ParseSpec(With(change)).status();
    EXPECT_THAT(status, IsError(ErrorKind::kConfig)) << change;
    EXPECT_THAT(status.ToString(), testing::Not(testing::HasSubstr("s3cret")));
  }
  for (const char* whole : {R"("s3cret")", R"(["s3cret"])"}) {
    EXPECT_THAT(ParseSpec(whole), HasMessage("spec: must be a block of keys and values."));
  }
}

TEST(ParseSpec, FieldsThatExcludeEachOtherMayStandSideBySideWhenOneHasItsDefault) {
  EXPECT_THAT(ParseSpec(With(R"("anonymous": false, "local_profile": "p")")), IsOk());
  EXPECT_THAT(ParseSpec(With(R"("anonymous": true, "local_profile": "")")), IsOk());
}

TEST(IsEmptySpec, TreatsNothingNullAndAnEmptyBlockAlike) {
  EXPECT_TRUE(IsEmptySpec(""));
  EXPECT_TRUE(IsEmptySpec("null"));
  EXPECT_TRUE(IsEmptySpec(" {} "));
  EXPECT_FALSE(IsEmptySpec("[]"));
  EXPECT_FALSE(IsEmptySpec("{"));
  EXPECT_FALSE(IsEmptySpec(R"({"bucket": "b"})"));
}

TEST(SpecJsonSchema, DescribesEveryField) {
  const auto schema = nlohmann::json::parse(SpecJsonSchema());
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["required"], nlohmann::json({"bucket", "region"}));
  EXPECT_EQ(schema["properties"].size(), 38u);
  EXPECT_EQ(schema["dependentRequired"]["external_id"], nlohmann::json({"role_arn"}));
  for (const auto& [name, property] : schema["properties"].items()) {
    for (const char* keyword : {"type", "title", "description", "default", "examples"}) {
      EXPECT_TRUE(property.contains(keyword)) << name << " has no " << keyword;
    }
    EXPECT_FALSE(property["examples"].empty()) << name;
  }
  EXPECT_EQ(schema["properties"]["rows_per_record"]["default"], 500);
}

TEST(SpecJsonSchema, HasNoPatternThatGoCannotCompile) {
  // The CLI validates nothing by a schema whose patterns look ahead.
  EXPECT_THAT(SpecJsonSchema(), testing::Not(testing::HasSubstr("(?")));
}

TEST(SpecReference, IsWhatTheDocumentationShows) {
  std::ifstream file(CQ_DOCS_DIR "/configuration.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(page, testing::HasSubstr("<!-- begin: fields -->\n" + SpecReference() +
                                       "<!-- end: fields -->\n"));
  EXPECT_THAT(page, testing::HasSubstr("<!-- begin: datasets -->\n" + DatasetReference() +
                                       "<!-- end: datasets -->\n"));
  EXPECT_THAT(page,
              testing::HasSubstr("<!-- begin: csv -->\n" + CsvReference() + "<!-- end: csv -->\n"));
}

}  // namespace
}  // namespace source
