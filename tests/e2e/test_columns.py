"""The columns that are read (`columns`), what datasets set for themselves, and the ids of CloudQuery's own files."""

import datetime
import random
import uuid

import pyarrow as pa
import pytest
from harness import delivery
from harness.objects import CQ_COLUMNS, parquet, put_all
from harness.stand_in_s3 import StandInS3

DAY = datetime.datetime(2024, 8, 28, 12, tzinfo=datetime.timezone.utc)
TABLES = {"aws_ec2_instances": 3, "aws_ec2_vpcs": 2}
LAYOUTS = {
    "{{TABLE}}/dt={{YEAR}}-{{MONTH}}-{{DAY}}/{{UUID}}.parquet": (
        lambda table, day: f"{table}/dt=2024-08-{day:02}/{uuid.UUID(int=day)}.parquet",
        {"table": "{table}", "match": "{table}/dt={dt}/*.parquet"},
    ),
    "data/{{SYNC_ID}}/{{TABLE}}.parquet": (
        lambda table, day: f"data/{uuid.UUID(int=day)}/{table}.parquet",
        {"table": "{table}", "match": "data/{sync}/{table}.parquet"},
    ),
}


def file(**columns):
    return parquet(pa.table({name: pa.array(*column) for name, column in columns.items()}))


def rows(run, table="t"):
    """The rows of a table as dicts without ids, in the order of their texts."""
    found = [batch for batch in run.batches if batch.schema.metadata[b"cq:table_name"].decode() == table]
    found = [row for batch in found for row in batch.drop_columns(["_cq_id", "_cq_parent_id"]).to_pylist()]
    return sorted(found, key=str)


class CountsBytes(StandInS3):
    """Counts the bytes of objects that were fetched."""

    fetched = 0

    def ask(self, request, exchange):
        answer = super().ask(request, exchange)
        if not exchange.is_list:
            self.fetched += len(answer.body)
        return answer


@pytest.fixture
def sync(stand_in_plugin):
    def run(objects, **options):
        with CountsBytes(objects) as server:
            result = delivery.sync(stand_in_plugin, server.spec(**options))
        result.fetched = server.fetched
        return result

    return run


def test_only_these_columns_are_read_by_their_names_whatever_the_case(sync):
    order = pa.struct({"price": pa.float64(), "n": pa.int8()})
    objects = {
        "t/1.parquet": file(id=([1], pa.int64()), secret=(["x"], pa.string()), order=([{"price": 1.5, "n": 1}], order)),
        "t/2.parquet": file(other=([0], pa.int8()), ID=([2], pa.int64())),
    }
    run = sync(objects, columns=["Id", "order.price"], metadata_columns=["row"])
    assert run.ok and run.warnings == []
    assert rows(run) == [{"id": 1, "order": {"price": 1.5}, "_s3_row": 0}, {"id": 2, "order": None, "_s3_row": 0}]


def test_columns_that_differ_do_not_matter_where_they_are_not_read(sync):
    objects = {"t/1.parquet": file(id=([1], pa.int64()), code=([1], pa.int64())),
               "t/2.parquet": file(id=([2], pa.int64()), code=(["x"], pa.string()))}  # fmt: skip
    for schema in ("evolve", "strict"):
        run = sync(objects, columns=["id"], schema=schema)
        assert run.ok and rows(run) == [{"id": 1}, {"id": 2}]


def test_an_object_without_any_of_the_columns_has_rows_of_nulls(sync):
    run = sync({"t/1.parquet": file(id=([1], pa.int64())), "t/2.parquet": file(x=([1, 2], pa.int64()))}, columns=["id"])
    assert run.ok and rows(run) == sorted([{"id": 1}, {"id": None}, {"id": None}], key=str)


def test_a_name_that_no_object_has_is_warned_of_and_a_table_without_any_fails_alone(sync):
    objects = {"t/dt=1/1.parquet": file(id=([1], pa.int64())), "u/1.parquet": file(x=([1], pa.int64()))}
    run = sync(objects, hive_partitioning=True, columns=["id", "dt", "amuont"])
    assert not run.ok and rows(run) == [{"id": 1, "dt": "1"}] and run.tables == ["t"]
    assert '"u"' in run.text and '"id"' in run.text
    (warning,) = (w for w in run.warnings if "no object has" in w)
    assert "amuont" in warning and '\\"id' not in warning and '\\"dt' not in warning


@pytest.mark.parametrize("count", [20_000, 2_000_000])
def test_of_parquet_only_the_bytes_of_the_columns_are_fetched(sync, count):
    """Objects that are read in one piece and in several."""
    draw = random.Random(1)
    noise = [draw.random() for _ in range(count)]
    body = parquet(pa.table({
        "n": pa.array([i % 7 for i in range(count)], pa.int64()), "noise": pa.array(noise, pa.float64()),
    }), row_group_size=count // 2)  # fmt: skip
    run = sync({"t/1.parquet": body}, columns=["n"], rows_per_record=100_000)
    assert run.ok and sum(batch.num_rows for batch in run.batches) == count
    assert sum(run.values("t")) == sum(i % 7 for i in range(count))
    assert run.fetched < len(body) / 3
    everything = sync({"t/1.parquet": body}, rows_per_record=100_000)
    assert everything.fetched >= len(body) * 0.9


def test_the_destination_gets_these_columns_and_the_next_sync_changes_nothing(workspace, s3, bucket, spec):
    order = pa.struct({"price": pa.float64(), "n": pa.int8()})
    put_all(s3, bucket, {f"t/{i}.parquet": file(id=([i], pa.int64()), x=([i], pa.int8()), order=([{"price": i / 2, "n": i}], order)) for i in (1, 2)})
    for _ in range(2):
        run = workspace.sync(spec(columns=["id", "order.price"]), write_mode="overwrite-delete-stale")
        assert run.exit_code == 0, run.output
        found = run.rows("t")
        assert found.column_names == [*CQ_COLUMNS, "id", "order"]
        assert sorted(found.column("id").to_pylist()) == [1, 2]
        assert sorted((order["price"], len(order)) for order in found.column("order").to_pylist()) == [(0.5, 1), (1.0, 1)]


def test_every_field_of_a_dataset_overrides_that_of_the_spec(sync):
    differing = {"1": file(a=([1], pa.int64()), b=([1], pa.int8())), "2": file(a=(["x"], pa.string()))}
    objects = {f"{folder}/{name}": body for folder in ("own", "of_spec") for name, body in differing.items()}
    own = {"table": "own", "match": "own/*", "schema": "evolve", "columns": [], "types": {"b": "text"}, "rescue": True, "cq_ids": "keep"}
    run = sync(objects, schema="strict", columns=["a"], types={"a": "text"}, cq_ids="new",
               datasets=[own, {"table": "of_spec", "match": "of_spec/*"}])  # fmt: skip
    assert run.ok, run.text
    assert rows(run, "of_spec") == [{"a": "1"}, {"a": "x"}]
    assert rows(run, "own") == [{"a": 1, "b": "1", "_rescued": None}, {"a": None, "b": None, "_rescued": b'{"a":"x"}'}]
    failed = sync(objects, columns=["a"], datasets=[{**own, "schema": "strict", "rescue": False}])
    assert not failed.ok and "strict" in failed.text


def cloudquery_rows(table):
    """What CloudQuery's S3 destination makes of the rows of a table: ids as text, JSON as text."""
    ids = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"{table}/{i}")) for i in range(TABLES[table])]
    return [{"_cq_sync_time": DAY, "_cq_source_name": "aws", "_cq_sync_group_id": "g", "_cq_id": id, "_cq_parent_id": ids[0] if i else None,
             "arn": f"arn:{i}", "tags": '{"k": "v"}' if i else None, "addresses": ["10.0.0.1"] * i} for i, id in enumerate(ids)]  # fmt: skip


def cloudquery_file(table):
    schema = pa.schema([
        pa.field("_cq_sync_time", pa.timestamp("us", "UTC")), pa.field("_cq_source_name", pa.string()), pa.field("_cq_sync_group_id", pa.string()),
        pa.field("_cq_id", pa.string(), nullable=False, metadata={"cq:extension:unique": "true"}), pa.field("_cq_parent_id", pa.string()),
        pa.field("arn", pa.string(), nullable=False, metadata={"cq:extension:primary_key": "true"}), pa.field("tags", pa.string()),
        pa.field("addresses", pa.list_(pa.string())),
    ], metadata={"cq:table_name": table})  # fmt: skip
    return parquet(pa.Table.from_pylist(cloudquery_rows(table), schema=schema))


def stored(run, table):
    """The rows of a table with ids as text."""
    found = run.rows(table).select(["_cq_id", "_cq_parent_id", "arn", "tags", "addresses"]).to_pylist()
    text = lambda id: id and str(uuid.UUID(bytes=id) if isinstance(id, bytes) else id)  # noqa: E731
    return sorted(({**row, "_cq_id": text(row["_cq_id"]), "_cq_parent_id": text(row["_cq_parent_id"])} for row in found), key=str)


def expected(table):
    return [{name: row[name] for name in ("_cq_id", "_cq_parent_id", "arn", "tags", "addresses")} for row in cloudquery_rows(table)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_files_of_cloudquerys_s3_destination_come_back_row_by_row_with_one_dataset(workspace, s3, bucket, spec, layout):
    key, dataset = LAYOUTS[layout]
    put_all(s3, bucket, {key(table, 1): cloudquery_file(table) for table in TABLES})
    for _ in range(2):
        run = workspace.sync(spec(datasets=[dataset]), write_mode="overwrite-delete-stale")
        assert run.exit_code == 0, run.output
        assert run.warnings == [w for w in run.warnings if "is skipped: CloudQuery adds its own" in w]
        for table in TABLES:
            assert stored(run, table) == sorted(expected(table), key=str)
            capture = "dt" if "dt=" in layout else "sync"
            assert run.rows(table).column_names == [*CQ_COLUMNS, "arn", "tags", "addresses", capture]


def test_rows_of_two_syncs_of_one_resource_have_equal_ids_which_is_warned_of_and_new_ids_keep_both(workspace, s3, bucket, spec):
    key, dataset = LAYOUTS["data/{{SYNC_ID}}/{{TABLE}}.parquet"]
    put_all(s3, bucket, {key("aws_ec2_vpcs", day): cloudquery_file("aws_ec2_vpcs") for day in (1, 2)})
    run = workspace.sync(spec(datasets=[dataset]), write_mode="append")
    assert run.exit_code == 0, run.output
    (warning,) = (w for w in run.warnings if "ids come more than once" in w)
    assert "cq_ids: new" in warning
    kept = {row["_cq_id"] for row in cloudquery_rows("aws_ec2_vpcs")}
    assert [row["_cq_id"] for row in stored(run, "aws_ec2_vpcs")] == sorted(2 * list(kept))
    run = workspace.sync(spec(datasets=[{**dataset, "cq_ids": "new"}]), write_mode="append")
    assert run.exit_code == 0, run.output
    assert not any("more than once" in w for w in run.warnings)
    found = [row for row in stored(run, "aws_ec2_vpcs") if row["_cq_id"] not in kept]
    assert len({row["_cq_id"] for row in found}) == 4 and {row["_cq_parent_id"] for row in found} == {None}


def test_the_warning_of_ids_names_their_table_and_one_of_them(sync):
    body = cloudquery_file("aws_ec2_vpcs")
    run = sync({"t/1.parquet": body, "t/2.parquet": body, "u/1.parquet": body})
    (warning,) = (w for w in run.warnings if "more than once" in w)
    assert '"table": "t"' in warning and any(row["_cq_id"] in warning for row in cloudquery_rows("aws_ec2_vpcs"))


def test_ids_that_come_once_are_not_warned_of(sync):
    ids = pa.array([uuid.UUID(int=i).bytes for i in range(3)], pa.binary(16))
    run = sync({f"t/{i}.parquet": parquet(pa.table({"_cq_id": ids[i : i + 1], "n": [i]})) for i in range(3)})
    assert run.ok and run.warnings == [] and run.values("t") == [0, 1, 2]
