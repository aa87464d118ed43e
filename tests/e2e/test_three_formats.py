"""What holds for Parquet holds for CSV and JSON Lines: ids, metadata columns, partitions, state, shards, schemas."""

import gzip
import json

import pyarrow as pa
import pytest
from harness.objects import numbered, parquet, put_all
from harness.state import numbers, schema_key, state_of, synced
from test_text_formats import csv_of, json_lines

WRITERS = {
    "parquet": parquet,
    "csv": csv_of,
    "csv.gz": lambda table: gzip.compress(csv_of(table)),
    "jsonl": json_lines,
}
BY_LASTING_IDS = {"write_mode": "overwrite", "deterministic_cq_id": True}


@pytest.fixture(params=WRITERS)
def ending(request):
    return request.param


@pytest.fixture
def put(s3, bucket, ending):
    """Puts tables: key without ending -> table."""
    return lambda tables: put_all(s3, bucket, {f"{key}.{ending}": WRITERS[ending](t) for key, t in tables.items()})


@pytest.fixture
def text_spec(spec, ending):
    return lambda **more: spec(filetype=ending.split(".")[0], **more)


def test_ids_positions_keys_and_partitions(workspace, put, text_spec, ending):
    put({"t/day=1/a": numbered(0, 40_000), "t/day=2/b": numbered(40_000, 10)})
    options = {"hive_partitioning": True, "metadata_columns": ["key", "row"], "memory_limit": "10MiB"}
    first = workspace.sync(text_spec(**options), **BY_LASTING_IDS)
    assert first.exit_code == 0, first.output
    question = "SELECT n, day, _s3_key, _s3_row, _cq_id FROM t ORDER BY n"
    rows = first.query(question)
    assert [(n, day, key, row) for n, day, key, row, _ in rows] == [
        (n, "1", f"t/day=1/a.{ending}", n) if n < 40_000 else (n, "2", f"t/day=2/b.{ending}", n - 40_000)
        for n in range(40_010)
    ]
    second = workspace.sync(text_spec(**{**options, "memory_limit": "256MiB"}), **BY_LASTING_IDS)
    assert second.exit_code == 0, second.output
    assert second.query(question) == rows


def test_only_new_objects_are_read_by_shards_that_share_a_state(workspace, put, text_spec):
    put({f"t/{i}": numbered(10 * i) for i in range(6)})
    for num in (1, 2):
        run = synced(workspace, text_spec(), flags=("--shard", f"{num}/2"))
    assert numbers(run, "t") == sorted(10 * i + j for i in range(6) for j in range(3))
    put({"t/6": numbered(60)})
    run = synced(workspace, text_spec())
    assert numbers(run, "t") == sorted(10 * i + j for i in range(7) for j in range(3))


def test_columns_that_come_and_go(workspace, put, text_spec):
    put({
        "t/1": pa.table({"n": [1], "a": ["x"]}),
        "t/2": pa.table({"b": [2.5], "n": [2]}),
    })  # fmt: skip
    run = workspace.sync(text_spec())
    assert run.exit_code == 0, run.output
    assert run.query("SELECT n, a, b FROM t ORDER BY n") == [(1, "x", None), (2, None, 2.5)]


def test_only_some_columns(workspace, put, text_spec):
    put({"t/1": numbered(0)})
    run = workspace.sync(text_spec(columns=["text"]))
    assert run.exit_code == 0, run.output
    assert run.query("SELECT text FROM t ORDER BY text") == [("row 0",), ("row 1",), ("row 2",)]
    assert "n" not in run.rows("t").column_names


@pytest.mark.parametrize("ending", ["csv", "jsonl"], indirect=True)
def test_types_stay_as_the_state_has_them_and_rescue_keeps_the_rest(workspace, put, text_spec, bucket):
    put({"t/1": pa.table({"n": [1], "v": [10]})})
    first = synced(workspace, text_spec(rescue=True))
    assert schema_key(bucket, "t") in state_of(first)
    put({"t/2": pa.table({"n": [2], "v": ["many"]})})
    second = synced(workspace, text_spec(rescue=True))
    assert str(second.rows("t").schema.field("v").type) == "int64"
    stored = second.query("SELECT n, v, _rescued FROM t ORDER BY n")
    assert stored[0] == (1, 10, None)
    assert stored[1][:2] == (2, None)
    assert json.loads(stored[1][2]) == {"v": "many"}
