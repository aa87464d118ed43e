"""Section "RPC" of docs/conformance.md: each call alone, without the CLI."""

import json
import threading
import time

import grpc
import jsonschema
import pytest
from cloudquery.plugin_v3 import plugin_pb2 as pb
from harness import odd_parquet
from harness.objects import numbered, parquet, put_all
from harness.plugin import Plugin, failing, read_batches, read_schema, table_name

CANCEL_SECONDS = 1


@pytest.fixture
def plugin(minio):
    with Plugin(minio.environment()) as running:
        yield running


@pytest.fixture
def three_tables(s3, bucket):
    put_all(s3, bucket, {f"{name}/x.parquet": parquet(numbered(0)) for name in ("a", "ab", "b")})


def names(schemas):
    return [table_name(schema) for schema in schemas]


def test_discovery_answers_a_list_with_3(plugin):
    assert 3 in plugin.versions()


def test_name_version_schema_and_connection_test_work_before_init(plugin, spec):
    assert plugin.stub.GetName(pb.GetName.Request()).name == "s3"
    assert plugin.stub.GetVersion(pb.GetVersion.Request()).version.startswith("v")
    assert json.loads(plugin.stub.GetSpecSchema(pb.GetSpecSchema.Request()).json_schema)
    assert plugin.test_connection(spec()).success


def test_sync_and_tables_before_init_are_errors_not_crashes(plugin):
    with failing():
        plugin.tables()
    with failing():
        list(plugin.sync())
    assert plugin.versions() == [3]


@pytest.mark.parametrize("raw", [b"", b"null", b"{}"])
def test_init_accepts_a_spec_of_nothing(plugin, raw):
    plugin.init(raw, no_connection=True)
    assert plugin.tables() == []
    plugin.init(raw)


@pytest.mark.parametrize(
    "raw, word",
    [
        (b'{"bucket": "b", "region": "r", "surprise": 1}', "surprise"),
        (b'{"bucket": 1, "region": "r"}', "bucket"),
        (b'{"bucket": "b", "region": "r"} x', "JSON"),
        (b'{"region": "r"}', "bucket"),
        (b"[]", "spec"),
    ],
)
def test_init_rejects_unknown_keys_wrong_types_and_trailing_junk_by_name(plugin, raw, word):
    with failing(grpc.StatusCode.INTERNAL) as caught:
        plugin.init(raw)
    assert word in caught.value.details()


def test_init_and_sync_work_twice_on_one_server(plugin, three_tables, spec):
    for _ in range(2):
        plugin.init(spec())
        for _ in range(2):
            messages = list(plugin.sync())
            assert sum(m.HasField("insert") for m in messages) == 3


def test_init_during_a_sync_is_refused(plugin, s3, bucket, spec):
    rows = parquet(numbered(0, count=400_000))
    put_all(s3, bucket, {f"t/{i}.parquet": rows for i in range(8)})
    plugin.init(spec())
    messages = plugin.sync()
    next(messages)
    with failing() as caught:
        plugin.init(spec())
    assert caught.value.details() == "plugin already in use"
    with failing() as caught:
        list(plugin.sync())
    assert caught.value.details() == "plugin already in use"
    messages.cancel()


GOOD = [
    {},
    {"path_prefix": "a/", "local_profile": "p", "endpoint": "http://localhost:9000", "path_style": True},
    {"role_arn": "arn:aws:iam::1:role/r"}, {"role_arn": "arn:aws:iam::1:role/r", "external_id": "x"},
    {"rows_per_record": 1, "concurrency": -1},
    {"bucket": "My_Bucket.2"}, {"bucket": "point-abc123-s3alias"}, {"retry_timeout": "10m"}, {"retry_timeout": "0s"},
    {"rows_per_record": 10000.0, "concurrency": 1},
    {"filetype": "parquet", "on_malformed": "fail", "nested_lists": "list"},
    {"cursor_lookback": "0s"}, {"cursor_lookback": "1h30m"}, {"cursor_lookback": "1.5h"}, {"cursor_max_known": 1}, {"memory_limit": "64MiB"},
    {"anonymous": True, "local_profile": ""}, {"anonymous": False, "local_profile": "p"}, {"requester_pays": True},
    {"tls_ca_file": "/ca.pem", "tls_insecure_skip_verify": True},
    {"hive_partitioning": True, "metadata_columns": ["row", "key"], "ignore": []}, {"ignore": ["**/_*", "a?{x}/*"]}, {"datasets": []},
    {"datasets": [{"table": "t", "match": "raw/**"}, {"table": "{a}_{b}", "match": ["{a}/**/{b}", "x/{b}/{a}-*.gz"], "ignore": ["é"]}]},
    {"rescue": True}, {"datasets": [{"table": "t", "match": "m", "rescue": False}]}, {"types": {}}, {"types": {"a": "decimal(18,2)", "b.c": "timestamp", "é": "local_timestamp(ns)"}},
    {"datasets": [{"table": "t", "match": "m", "types": {"a": "decimal(18, 2)"}}]},
    {"datasets": [{"table": "0_", "match": "**", "hive_partitioning": False, "metadata_columns": []}]},
]
BAD = [
    {"bucket": "s3://b"}, {"bucket": "b/t"}, {"bucket": "arn:aws:s3:::b"}, {"bucket": " b"}, {"bucket": "a b"}, {"bucket": ".."},
    {"bucket": "arn:aws:s3:us-east-1:123456789012:accesspoint/a"}, {"bucket": "https://b.s3.amazonaws.com"}, {"bucket": "b--use1-az4--x-s3"},
    {"retry_timeout": "2 min"}, {"retry_timeout": ""}, {"retry_timeout": 120},
    {"bucket": ""}, {"region": ""}, {"bucket": None}, {"bucket": ["b"]}, {"rows_per_record": 0},
    {"rows_per_record": -1}, {"rows_per_record": "500"}, {"rows_per_record": 1.5}, {"rows_per_record": 1e300},
    {"rows_per_record": True}, {"concurrency": 0}, {"concurrency": "many"}, {"filetype": "orc"},
    {"filetype": ""}, {"path_style": 1}, {"path_style": "true"}, {"path_prefix": 5}, {"endpoint": False},
    {"on_malformed": "ignore"}, {"cursor_lookback": "1d"}, {"cursor_lookback": ""}, {"cursor_max_known": 0}, {"memory_limit": "64MB"}, {"memory_limit": "9MiB"},
    {"role_arn": "reader"}, {"role_arn": ""}, {"external_id": "x"}, {"role_arn": "arn:aws:iam::1:role/r", "external_id": ""},
    {"anonymous": True, "local_profile": "p"}, {"anonymous": True, "requester_pays": True}, {"anonymous": True, "role_arn": "arn:r"}, {"anonymous": 1},
    {"tls_ca_file": None}, {"nested_lists": None}, {"Bucket": "b"}, {"surprise": 1}, {"": 1},
    {"hive_partitioning": "yes"}, {"metadata_columns": "key"}, {"metadata_columns": ["rows"]}, {"metadata_columns": ["row", "row"]},
    {"rescue": "yes"}, {"datasets": [{"table": "t", "match": "m", "rescue": None}]}, {"types": []}, {"types": None}, {"types": {"": "text"}}, {"types": {"a": None}},
    *({"types": {"a": name}} for name in ("", "integer", "Text", "decimal", "decimal(77,0)", "timestamp(s)", "int64 ")),
    {"datasets": [{"table": "t", "match": "m", "types": {"a": "x"}}]}, {"datasets": [{"table": "t", "match": "m", "types": None}]},
    {"ignore": "a"}, {"ignore": [""]}, {"ignore": [5]}, {"ignore": ["a/***"]}, {"ignore": None},
    {"datasets": {}}, {"datasets": [5]}, {"datasets": [{}]}, {"datasets": [{"table": "t"}]}, {"datasets": [{"match": "m"}]},
    *({"datasets": [{"table": "t", "match": match}]} for match in
      ("", [], ["a", ""], 5, "a/{b", "b}", "{}", "{1}", "{a}{b}", "*{a}", "***", "s3://b/x", "{a,b}", "{" + 64 * "x" + "}")),
    *({"datasets": [{"table": table, "match": "{a}/*"}]} for table in ("", "a b", "{a", "{}", "{a}}", None)),
    {"datasets": [{"table": "t", "match": "m", "surprise": 1}]}, {"datasets": [{"table": "t", "match": "m", "ignore": None}]},
]  # fmt: skip


def test_the_schema_compiles_under_draft_2020_12_and_describes_every_field(plugin):
    schema = json.loads(plugin.stub.GetSpecSchema(pb.GetSpecSchema.Request()).json_schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    for name, field in schema["properties"].items():
        assert {"title", "description", "default", "examples"} <= set(field), name
        for example in field["examples"]:
            jsonschema.validate(example, field)


@pytest.mark.parametrize("verdict, change", [(True, c) for c in GOOD] + [(False, c) for c in BAD], ids=str)
def test_schema_and_init_agree_on_every_spec(plugin, verdict, change):
    spec = {"bucket": "b", "region": "r", **change}
    schema = json.loads(plugin.stub.GetSpecSchema(pb.GetSpecSchema.Request()).json_schema)
    assert jsonschema.Draft202012Validator(schema).is_valid(spec) is verdict
    try:
        plugin.init(spec)
        accepted = True
    except grpc.RpcError:
        accepted = False
    assert accepted is verdict


@pytest.mark.parametrize("missing", ["bucket", "region"])
def test_schema_and_init_agree_on_what_is_required(plugin, missing):
    spec = {"bucket": "b", "region": "r"}
    del spec[missing]
    schema = json.loads(plugin.stub.GetSpecSchema(pb.GetSpecSchema.Request()).json_schema)
    assert not jsonschema.Draft202012Validator(schema).is_valid(spec)
    with failing():
        plugin.init(spec)


@pytest.mark.parametrize(
    "tables, skip, expected",
    [
        (["*"], [], ["a", "ab", "b"]),
        (["a*"], [], ["a", "ab"]),
        (["a"], [], ["a"]),
        (["*"], ["a*"], ["b"]),
        (["*b"], ["b"], ["ab"]),
    ],
)
def test_patterns_choose_tables(plugin, three_tables, spec, tables, skip, expected):
    plugin.init(spec())
    assert names(plugin.tables(tables, skip)) == expected
    migrated = [read_schema(m.migrate_table.table)
                for m in plugin.sync(tables=tables, skip_tables=skip) if m.HasField("migrate_table")]
    assert names(migrated) == expected


@pytest.mark.parametrize(
    "tables, skip, message",
    [
        (["a", "x*"], [], "tables include a pattern x* with no matches"),
        (["*"], ["A"], "skip_tables include a pattern A with no matches"),
    ],
)
def test_a_pattern_without_a_match_fails_both_calls(plugin, three_tables, spec, tables, skip, message):
    plugin.init(spec())
    with failing(grpc.StatusCode.INTERNAL) as caught:
        plugin.tables(tables, skip)
    assert caught.value.details() == message
    with failing(grpc.StatusCode.UNKNOWN) as caught:
        list(plugin.sync(tables=tables, skip_tables=skip))
    assert caught.value.details() == message


def test_all_migrates_come_before_the_first_insert_and_each_insert_has_one_batch(plugin, three_tables, spec):
    plugin.init(spec(rows_per_record=2))
    kinds, schema_bytes = [], {}
    for message in plugin.sync():
        kinds.append(message.WhichOneof("message"))
        if message.HasField("insert"):
            (batch,) = read_batches(message.insert.record)
            schema_bytes.setdefault(table_name(batch.schema), set()).add(batch.schema.serialize().to_pybytes())
    assert kinds == ["migrate_table"] * 3 + ["insert"] * 6
    assert {name: len(schemas) for name, schemas in schema_bytes.items()} == {"a": 1, "ab": 1, "b": 1}


def test_error_messages_are_sent_only_to_clients_that_asked_for_them(plugin, s3, bucket, spec):
    put_all(s3, bucket, {"t/good.parquet": parquet(numbered(0)), "t/bad.parquet": b"not a Parquet file"})
    plugin.init(spec(on_malformed="fail"))
    for asked in (True, False):
        kinds = []
        with failing(grpc.StatusCode.UNKNOWN) as caught:
            for message in plugin.sync(withErrorMessages=asked):
                kinds.append(message.WhichOneof("message"))
        assert kinds.count("error") == (1 if asked else 0)
        assert kinds.count("insert") == 1, "the other objects go on"
        assert "t/bad.parquet" in caught.value.details()


def assert_free_again(plugin, spec):
    """The plugin takes a spec again only when nothing of the sync runs any more."""
    start = time.monotonic()
    while True:
        try:
            plugin.init(spec())
            break
        except grpc.RpcError as error:
            assert error.details() == "plugin already in use"
            assert time.monotonic() - start < CANCEL_SECONDS
            time.sleep(0.02)


def test_a_cancelled_stream_stops_all_s3_work_within_a_second(plugin, minio, s3, bucket, spec):
    rows = parquet(numbered(0, count=400_000))
    put_all(s3, bucket, {f"t/{i}.parquet": rows for i in range(20)})
    plugin.init(spec(concurrency=2))
    messages = plugin.sync()
    for _ in range(5):
        next(messages)
    messages.cancel()
    assert_free_again(plugin, spec)


def test_a_sync_of_as_many_nulls_as_a_page_can_have_is_cancelled_within_a_second(plugin, s3, bucket, spec):
    put_all(s3, bucket, {"t/x.parquet": odd_parquet.nulls_in_one_page(2**31 - 1)})
    plugin.init(spec())
    messages = plugin.sync()
    rows = 0
    while rows < 1_000_000:
        message = next(messages)
        if message.HasField("insert"):
            rows += sum(batch.num_rows for batch in read_batches(message.insert.record))
    messages.cancel()
    assert_free_again(plugin, spec)


def test_close_then_init_then_sync_works(plugin, three_tables, spec):
    plugin.init(spec())
    plugin.stub.Close(pb.Close.Request())
    with failing():
        list(plugin.sync())
    plugin.init(spec())
    assert sum(m.HasField("insert") for m in plugin.sync()) == 3


def test_tables_of_the_real_bucket_are_listed_although_no_connection_is_asked_for(plugin, three_tables, spec):
    plugin.init(spec(), no_connection=True)
    assert names(plugin.tables()) == ["a", "ab", "b"]


def test_many_clients_may_ask_for_the_name_at_once(plugin):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(plugin.versions())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[3]] * 20
