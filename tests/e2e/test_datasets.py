"""Tables by rule: datasets, Hive partitions, metadata columns and what is not data. All but the last tests go over gRPC
and read from a stand-in for S3."""

import datetime
import json
import re

import jsonschema
import pyarrow as pa
import pytest
import yaml
from cloudquery.plugin_v3 import plugin_pb2 as pb
from harness import delivery, paths
from harness.objects import CQ_COLUMNS, numbered, parquet, put_all
from harness.stand_in_s3 import StandInS3, Stored
from harness.state import TABLE

# Of the rows of bucket and key, by a release before there were datasets.
RECORDED_IDS = ["52653710f4368b4da5f41f70f57f9c20", "52653710f4368b4da5f41f70f57f9c21"]
NOT_DATA = b"not a Parquet file"


@pytest.fixture
def sync(stand_in_plugin):
    def run(objects, request=None, **options):
        with StandInS3(objects) as server:
            result = delivery.sync(stand_in_plugin, server.spec(**options), **(request or {}))
        assert result.ok, result.text
        return result

    return run


def rows(run, table):
    """The rows of a table as dicts without ids, in the order of their texts."""
    found = [batch for batch in run.batches if batch.schema.metadata[b"cq:table_name"].decode() == table]
    found = [row for batch in found for row in batch.drop_columns(["_cq_id", "_cq_parent_id"]).to_pylist()]
    return sorted(found, key=str)


def columns(run, table):
    (schema,) = (s for s in run.schemas if s.metadata[b"cq:table_name"].decode() == table)
    return [name for name in schema.names if not name.startswith("_cq_")]


def one(**row):
    return parquet(pa.table({name: [value] for name, value in row.items()}))


def infos(run):
    return [json.dumps(line, ensure_ascii=False) for line in run.log if line.get("level") == "info"]


def test_the_first_dataset_that_matches_a_key_takes_it_whatever_its_ending(sync):
    run = sync(
        {"raw/a.parquet": one(n=1), "raw/2024/x y/b": one(n=2), "raw/top/c.gz": one(n=3), "raws/d.parquet": one(n=4)},
        datasets=[{"table": "top", "match": "raw/top/*"}, {"table": "orders", "match": "raw/**"}],
    )
    assert run.tables == ["orders", "top"]
    assert (run.values("orders"), run.values("top")) == ([1, 2], [3])


def test_captures_are_columns_in_the_order_of_the_pattern_unless_they_name_the_table(sync):
    run = sync(
        {"in/Eu West/2024/07/part_0": one(n=1), "in/us/2024/08/part_1": one(n=2)},
        datasets=[{"table": "{where}_events", "match": "in/{where}/{year}/{month}/*"}],
    )
    assert run.tables == ["Eu_West_events", "us_events"]
    assert columns(run, "us_events") == ["n", "year", "month"]
    assert rows(run, "us_events") == [{"n": 2, "year": "2024", "month": "08"}]


class NotesRequests(StandInS3):
    """Remembers the prefixes that were listed and the keys that were read."""

    def __init__(self, objects):
        self.listed, self.read = [], []
        super().__init__(objects)

    def ask(self, request, exchange):
        if exchange.is_list:
            self.listed.append(exchange.query.get("prefix", ""))
        else:
            self.read.append(exchange.key)
        return super().ask(request, exchange)


def test_only_the_prefixes_of_the_patterns_are_listed(stand_in_plugin):
    objects = {"a/x": one(n=1), "b/c/x": one(n=2), "z/x": one(n=3)}
    datasets = [{"table": "t", "match": ["a/*", "a/b/*", "b/c/**", "z/x"]}]
    for path_prefix, numbers, prefixes in [("", [1, 2, 3], ["a/", "b/c/", "z/x"]), ("b", [2], ["b/c/"])]:
        with NotesRequests(objects) as server:
            run = delivery.sync(stand_in_plugin, server.spec(datasets=datasets, path_prefix=path_prefix))
        assert run.ok and run.values("t") == numbers
        assert sorted(server.listed) == prefixes


@pytest.mark.parametrize("match", ["wrong/**", "raw/*.csv"])
def test_datasets_that_match_nothing_are_one_warning_that_shows_keys(sync, match):
    run = sync({f"raw/{i}.parquet": one(n=i) for i in range(9)}, datasets=[{"table": "t", "match": match}])
    assert run.tables == []
    (warning,) = run.warnings
    assert all(f"raw/{i}.parquet" in warning for i in range(3)) and "raw/3" not in warning


def test_partitions_are_columns_with_the_option_and_tables_without(sync):
    objects = {
        "sales/dt=2024-01-01/region=eu/x.parquet": one(id=1), "sales/dt=2024-01-02/region=us%20east/x.parquet": one(id=2),
        "sales/dt=__HIVE_DEFAULT_PARTITION__/region=007/x.parquet": one(id=3), "sales/x.parquet": one(id=4),
    }  # fmt: skip
    run = sync(objects, hive_partitioning=True)
    assert run.tables == ["sales"]
    assert columns(run, "sales") == ["id", "dt", "region"]
    assert rows(run, "sales") == sorted([
        {"id": 1, "dt": "2024-01-01", "region": "eu"}, {"id": 2, "dt": "2024-01-02", "region": "us east"},
        {"id": 3, "dt": None, "region": "007"}, {"id": 4, "dt": None, "region": None},
    ], key=str)  # fmt: skip
    assert len(sync(objects).tables) == 4


def test_many_folders_that_look_like_partitions_are_mentioned_once(sync):
    objects = {f"t/dt={i}/x.parquet": one(id=i) for i in range(9)}
    assert sum("hive_partitioning" in line for line in infos(sync(objects))) == 1
    assert not any("hive_partitioning" in line for line in infos(sync(objects, hive_partitioning=True)))


def test_the_value_of_the_key_wins_over_that_of_the_object_with_one_warning(sync):
    objects = {f"t/dt={i}/x.parquet": one(DT=100 + i, id=i) for i in range(3)}
    run = sync(objects, hive_partitioning=True)
    assert rows(run, "t") == [{"id": i, "dt": str(i)} for i in range(3)]
    assert len(run.warnings) == 1 and "DT" in run.warnings[0]


def test_flow_logs_of_forty_hours_are_one_table_and_the_next_hour_comes_alone(stand_in_plugin, stand_in_backend):
    folder = "AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/year=2024/month=01"
    key = "{}/day={:02}/hour={:02}/f.log.parquet".format
    request = {"backend": stand_in_backend.backend(TABLE)}
    with StandInS3({key(folder, 1 + h // 8, h % 8): one(id=h) for h in range(40)}) as server:
        spec = server.spec(hive_partitioning=True)
        run = delivery.sync(stand_in_plugin, spec, **request)
        assert run.tables == ["AWSLogs", f"{TABLE}_checkpoints"] and run.values("AWSLogs", "id") == list(range(40))
        wanted = {"aws-account-id": "123456789012", "aws-service": "vpcflowlogs", "year": "2024", "month": "01", "day": "05", "hour": "07"}
        assert {"id": 39, **wanted} in rows(run, "AWSLogs")
        server.put({key(folder, 6, 0): one(id=40)})
        run = delivery.sync(stand_in_plugin, spec, **request)
        assert run.ok and run.values("AWSLogs", "id") == [40]


def test_old_objects_that_come_to_a_table_by_another_pattern_are_read_though_it_has_state(stand_in_plugin, stand_in_backend):
    request = {"backend": stand_in_backend.backend(TABLE)}
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    with StandInS3({"raw/2024/x": one(n=1), "raw/2019/x": Stored(one(n=2), modified=long_ago)}) as server:
        for match, expected in [("raw/2024/*", [1]), ("raw/2024/*", []), ("raw/**", [1, 2]), ("raw/**", [])]:
            spec = server.spec(datasets=[{"table": "t", "match": match}])
            run = delivery.sync(stand_in_plugin, spec, **request)
            assert run.ok and run.values("t") == expected, match


def test_metadata_columns_say_where_each_row_comes_from(stand_in_plugin):
    bodies = {"t/é.parquet": parquet(numbered(0, count=3)), "t/b.parquet": parquet(numbered(10, count=2))}
    names = ["row", "size", "etag", "last_modified", "key"]
    with StandInS3(bodies) as server:
        run = delivery.sync(stand_in_plugin, server.spec(metadata_columns=names, rows_per_record=2))
        stored = dict(server.objects)
    assert run.ok, run.text
    assert columns(run, "t") == ["n", "text", "_s3_key", "_s3_last_modified", "_s3_etag", "_s3_size", "_s3_row"]
    wanted = []
    for key, begin, count in [("t/é.parquet", 0, 3), ("t/b.parquet", 10, 2)]:
        for i in range(count):
            wanted.append((begin + i, key, stored[key].etag.strip('"'), len(bodies[key]), i))
    found = [(r["n"], r["_s3_key"], r["_s3_etag"], r["_s3_size"], r["_s3_row"]) for r in rows(run, "t")]
    assert sorted(found) == sorted(wanted)
    times = {r["_s3_key"]: r["_s3_last_modified"] for r in rows(run, "t")}
    for key, time in times.items():
        assert abs((time - stored[key].modified).total_seconds()) < 1


def test_a_key_that_is_not_utf_8_is_shown_with_replacement_characters(sync):
    run = sync({"t/x\udcff.parquet": one(n=1)}, metadata_columns=["key"])
    assert rows(run, "t") == [{"n": 1, "_s3_key": "t/x�.parquet"}]


def test_a_long_key_is_repeated_for_a_million_rows_within_the_memory_limit(sync):
    rows_ = 1_000_000
    key = "t/" + "k" * 900 + ".parquet"
    run = sync({key: parquet(pa.table({"n": pa.array([7] * rows_, pa.int8())}))},
               metadata_columns=["key", "row"], memory_limit="64MiB", rows_per_record=20_000)  # fmt: skip
    found = pa.chunked_array([batch.column("_s3_row") for batch in run.batches])
    assert found.to_pylist() == list(range(rows_))


def test_a_column_named_like_a_metadata_column_is_renamed_with_a_warning(sync):
    run = sync({"t/x.parquet": one(_s3_key="mine", n=1)}, metadata_columns=["key"])
    mine, *rest = columns(run, "t")
    assert re.fullmatch("_s3_key_[0-9a-f]{8}", mine) and rest == ["n", "_s3_key"]
    assert rows(run, "t") == [{mine: "mine", "n": 1, "_s3_key": "t/x.parquet"}]
    assert len(run.warnings) == 1 and mine in run.warnings[0]


def test_without_new_options_tables_columns_ids_and_requests_are_what_they_always_were(stand_in_plugin):
    objects = {"a/dt=1/x.parquet": parquet(numbered(0, count=2)), "_b/x.parquet": one(z=1, dt="x"), "c.parquet": one(_s3_key=1),
               "a/dt=1/y.csv": NOT_DATA, "a/": b""}  # fmt: skip
    with NotesRequests(objects) as server:
        run = delivery.sync(stand_in_plugin, server.spec(), deterministic_cq_id=True)
    assert run.ok and not run.warnings
    assert {table: columns(run, table) for table in run.tables} == {"a_dt_1": ["n", "text"], "b": ["z", "dt"], "c": ["_s3_key"]}
    assert [id.hex() for id in run.values("a_dt_1", "_cq_id")] == RECORDED_IDS
    assert server.listed == [""]
    assert sorted(server.read) == ["_b/x.parquet", "a/dt=1/x.parquet", "c.parquet"]


LEFTOVERS = ["t/_SUCCESS", "t/_part.parquet", "t/.part.parquet", "t/_temporary/0/x.parquet", "t/.hive-staging_1/x.parquet",
             "t/_spark_metadata/0.parquet"]  # fmt: skip


def test_what_engines_leave_is_passed_over_with_one_info_line(sync):
    run = sync({"t/x.parquet": one(n=1), "_private/x.parquet": one(n=2), **dict.fromkeys(LEFTOVERS, NOT_DATA)})
    assert run.tables == ["private", "t"] and run.warnings == []
    (line,) = (line for line in infos(run) if "passed over" in line)
    assert '"keys": 6' in line and "t/_SUCCESS" in line and "**/_temporary/**" in line


def test_ignore_replaces_the_default(sync):
    run = sync({"t/x.parquet": one(n=1), "t/_y.parquet": one(n=2), "t/z.parquet": one(n=3)}, ignore=["**/z*"])
    assert run.values("t") == [1, 2]


@pytest.mark.parametrize(
    "mark, name",
    [("t/_delta_log/00000000000000000000.json", "Delta"), ("t/.hoodie/hoodie.properties", "Hudi"),
     ("t/metadata/v1.metadata.json", "Iceberg")],
)  # fmt: skip
def test_a_table_format_is_read_as_plain_files_with_one_warning(sync, mark, name):
    run = sync({"t/data/x.parquet": one(n=1), "t/data/y.parquet": one(n=2), mark: b"{}", "u/x.parquet": one(n=3)})
    assert run.values("t_data") == [1, 2]
    (warning,) = run.warnings
    assert name in warning and '\\"t\\"' in warning and "may come back" in warning


def test_both_layouts_of_cloudquerys_s3_destination_come_back_as_the_tables_they_were(sync):
    ids = pa.array([i.to_bytes(16, "big") for i in range(4)], pa.binary(16))
    part = lambda i: parquet(pa.table({"_cq_id": ids[i : i + 1], "n": [i]}))  # noqa: E731
    by_day = {f"aws_ec2_{kind}/dt=2024-01-0{i}/6f1c-{i}.parquet": part(i) for i, kind in [(1, "vpcs"), (2, "vpcs"), (3, "instances")]}
    run = sync(by_day, datasets=[{"table": "{table}", "match": "{table}/dt={dt}/*.parquet"}])
    assert run.tables == ["aws_ec2_instances", "aws_ec2_vpcs"]
    assert rows(run, "aws_ec2_vpcs") == [{"n": 1, "dt": "2024-01-01"}, {"n": 2, "dt": "2024-01-02"}]
    found = [b for b in run.batches if b.column("n").to_pylist() == [3]]
    assert found[0].column("_cq_id").to_pylist() == [ids[3].as_py()]
    by_sync = {"data/run-1/aws_ec2_vpcs.parquet": part(1), "data/run-2/aws_ec2_vpcs.parquet": part(2)}
    run = sync(by_sync, datasets=[{"table": "{table}", "match": "data/{sync}/{table}.parquet"}])
    assert rows(run, "aws_ec2_vpcs") == [{"n": 1, "sync": "run-1"}, {"n": 2, "sync": "run-2"}]


def examples_in_the_docs():
    for page in sorted((paths.ROOT / "docs").glob("*.md")):
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
            for document in yaml.safe_load_all(block):
                if document["kind"] == "source":
                    spec = document["spec"]["spec"]
                    yield pytest.param(spec, id=f"{page.stem} {' '.join(spec)}")


@pytest.mark.parametrize("spec", list(examples_in_the_docs()))
def test_examples_in_the_docs_are_valid(stand_in_plugin, spec):
    schema = json.loads(stand_in_plugin.stub.GetSpecSchema(pb.GetSpecSchema.Request()).json_schema)
    jsonschema.validate(spec, schema, jsonschema.Draft202012Validator)
    stand_in_plugin.init(spec)


def test_the_cli_takes_datasets_and_the_rows_arrive_with_all_columns(workspace, s3, bucket, spec):
    put_all(s3, bucket, {
        "exports/orders/dt=2024-01-01/a": parquet(numbered(0)), "exports/orders/dt=2024-01-02/b": parquet(numbered(3)),
        "exports/_SUCCESS": b"", "else/x.parquet": NOT_DATA,
    })  # fmt: skip
    datasets = [{"table": "{table}", "match": "exports/{table}/dt={dt}/*", "metadata_columns": ["key", "row", "last_modified"]}]
    run = workspace.sync(spec(datasets=datasets))
    assert run.exit_code == 0, run.output
    assert run.counts() == {"orders": 6}
    stored = run.rows("orders")
    assert stored.column_names == CQ_COLUMNS + ["n", "text", "dt", "_s3_key", "_s3_last_modified", "_s3_row"]
    found = sorted(zip(*(stored.column(c).to_pylist() for c in ("n", "dt", "_s3_key", "_s3_row"))))
    assert found == [(i, f"2024-01-0{1 + i // 3}", f"exports/orders/dt=2024-01-0{1 + i // 3}/{'ab'[i // 3]}", i % 3) for i in range(6)]


def test_the_cli_shows_what_is_wrong_with_a_pattern_and_where(workspace, spec):
    run = workspace.sync(spec(datasets=[{"table": "t", "match": "a/{b"}]))
    assert run.exit_code != 0
    assert "datasets" in run.output and "match" in run.output
