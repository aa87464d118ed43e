"""What users see of the plugin through the CLI's other commands, failures included."""

import json
import re

import pytest
from harness import secrets
from harness.minio import free_port
from harness.objects import numbered, parquet, put_all


@pytest.fixture
def objects(s3, bucket):
    put_all(s3, bucket, {f"{name}/x.parquet": parquet(numbered(0)) for name in ("a", "ab", "b")})


def run(workspace, command, spec, environment=None, **source_options):
    options = {"tables": ["*"], **source_options}
    config = [workspace.source(spec, **options), workspace.destination("append")]
    return workspace.run(command, config, environment=environment)


def source_verdict(finished):
    """What `test-connection` says of the source. The SDK of the destination cannot answer it."""
    (line,) = re.findall(r"^ *source +s3 \(.*\) +(.*)$", finished.output, re.MULTILINE)
    return line.strip()


def test_validate_config_is_silent_about_a_good_spec(workspace, spec):
    assert run(workspace, "validate-config", spec()).exit_code == 0


@pytest.mark.parametrize(
    "change, words",
    [
        ({"surprise": 1}, ["surprise"]),
        ({"rows_per_record": 0}, ["rows_per_record"]),
        ({"bucket": ""}, ["bucket"]),
        ({"bucket": "arn:aws:s3:::b"}, ["the name of the bucket alone, without the rest of the ARN"]),
        ({"bucket": "arn:aws:s3:us-east-1:1:accesspoint/a"}, ["the alias of the access point"]),
        ({"bucket": "s3://b/t"}, ["the name of the bucket alone; a folder goes into path_prefix"]),
        ({"bucket": "b/t"}, ["the name of the bucket alone; a folder goes into path_prefix"]),
        ({"bucket": " b"}, ["the name of the bucket alone, without blanks"]),
        ({"bucket": "b--use1-az4--x-s3"}, ["directory buckets are not supported"]),
    ],
)
def test_validate_config_names_what_is_wrong(workspace, spec, change, words):
    finished = run(workspace, "validate-config", spec(**change))
    assert finished.exit_code != 0
    assert all(word in finished.output for word in words), finished.output


def test_tables_describes_the_columns_of_each_table(workspace, objects, spec):
    finished, names = workspace.list_tables(spec())
    assert finished.exit_code == 0, finished.output
    assert names == ["a", "ab", "b"]
    (listing,) = workspace.folder.glob("listing-*/*/__tables.json")
    columns = {c["name"]: c for c in json.loads(listing.read_text())[0]["columns"]}
    assert list(columns) == ["_cq_sync_time", "_cq_source_name", "_cq_id", "_cq_parent_id", "n", "text"] or list(
        columns
    ) == ["_cq_id", "_cq_parent_id", "n", "text"]
    assert columns["_cq_id"]["is_primary_key"] is True
    assert columns["_cq_id"]["type"] == "uuid"
    assert columns["n"]["type"] == "int64"


def test_tables_of_a_bucket_that_does_not_exist_say_so(workspace, spec):
    finished, _ = workspace.list_tables(spec(bucket="no-such-bucket"))
    assert finished.exit_code != 0
    assert "no-such-bucket" in finished.output


def test_migrate_makes_the_tables_and_stores_no_rows(workspace, objects, spec):
    finished = run(workspace, "migrate", spec(), tables=["a*"], skip_tables=["ab"])
    assert finished.exit_code == 0, finished.output
    assert finished.counts() == {"a": 0}


def test_migrate_fails_for_a_pattern_without_a_match(workspace, objects, spec):
    finished = run(workspace, "migrate", spec(), tables=["nothing"])
    assert finished.exit_code != 0
    assert "tables include a pattern nothing with no matches" in finished.output


def test_a_filtered_sync_takes_the_tables_that_migrate_made(workspace, objects, spec):
    assert run(workspace, "migrate", spec(), tables=["a*"]).exit_code == 0
    finished = workspace.sync(spec(), tables=["a*"], skip_tables=["ab"])
    assert finished.exit_code == 0, finished.output
    assert finished.counts() == {"a": 3, "ab": 0}


def test_test_connection_succeeds_on_a_bucket_that_can_be_read(workspace, objects, spec):
    assert source_verdict(run(workspace, "test-connection", spec())) == "Success"


def test_test_connection_succeeds_on_an_empty_bucket(workspace, bucket, spec):
    assert source_verdict(run(workspace, "test-connection", spec())) == "Success"


WRONG = [
    ("INVALID_SPEC", {"rows_per_record": 0}, {}, "It must be a whole number of at least 1"),
    ("BUCKET_NOT_FOUND", {"bucket": "no-such-bucket"}, {}, "no-such-bucket"),
    ("INVALID_CREDENTIALS", {}, {"AWS_ACCESS_KEY_ID": "nobody"}, ""),
    ("INVALID_CREDENTIALS", {}, {"AWS_SECRET_ACCESS_KEY": secrets.register("certainly-wrong")}, ""),
    ("NO_CREDENTIALS", {}, {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, ""),
]


@pytest.mark.parametrize("code, change, environment, word", WRONG, ids=lambda v: str(v)[:40])
def test_test_connection_tells_what_is_wrong(workspace, objects, spec, code, change, environment, word):
    finished = run(workspace, "test-connection", spec(**change), environment=environment)
    assert finished.exit_code != 0
    assert source_verdict(finished).startswith(f"Failure: {code}")
    assert word in source_verdict(finished)


def test_test_connection_tells_of_a_server_that_is_not_there(workspace, spec):
    port = free_port()
    server = {"endpoint": f"http://127.0.0.1:{port}", "retry_timeout": "1s"}
    finished = run(workspace, "test-connection", spec(**server))
    assert finished.exit_code != 0
    assert source_verdict(finished).startswith("Failure: UNREACHABLE")
    assert str(port) in source_verdict(finished)


def test_test_connection_tells_of_a_user_who_may_not_read(workspace, objects, spec, minio):
    finished = run(workspace, "test-connection", spec(), environment=minio.who_may_do_nothing())
    assert finished.exit_code != 0
    assert source_verdict(finished).startswith("Failure: ACCESS_DENIED")


def test_an_incomplete_sync_fails_and_deletes_nothing(workspace, bucket, objects, spec, minio):
    assert workspace.sync(spec(), write_mode="overwrite-delete-stale").exit_code == 0
    environment = minio.who_may_not_read(bucket, "b/x.parquet")
    finished = workspace.sync(spec(), write_mode="overwrite-delete-stale", environment=environment)
    assert finished.exit_code != 0
    assert "b/x.parquet" in finished.output
    counts = finished.counts()
    assert counts["b"] == 3 and counts["a"] >= 3 and counts["ab"] >= 3


def test_a_malformed_object_is_a_warning_with_its_key_and_reason_and_the_rest_is_stored(
    workspace, s3, bucket, objects, spec
):
    put_all(s3, bucket, {"a/broken.parquet": b"PAR1 this is no Parquet file"})
    finished = workspace.sync(spec(), write_mode="overwrite-delete-stale")
    assert finished.exit_code == 0, finished.output
    assert finished.counts() == {"a": 3, "ab": 3, "b": 3}
    (line,) = [line for line in finished.log if line.get("key") == "a/broken.parquet"]
    assert line["level"] == "warn" and line["reason"] == "corrupt"
    strict = workspace.sync(spec(on_malformed="fail"), write_mode="overwrite-delete-stale")
    assert strict.exit_code != 0
    assert "a/broken.parquet" in strict.output
