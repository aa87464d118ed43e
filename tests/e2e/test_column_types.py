"""Types that `types` gives to columns, and what `rescue` keeps."""

import datetime
import decimal
import json

import pyarrow as pa
import pytest
from harness import delivery
from harness.objects import parquet, put_all
from harness.stand_in_s3 import StandInS3
from harness.state import synced


def rows(run, table="t"):
    """The rows of a table as dicts without ids, in the order of their texts."""
    found = [batch for batch in run.batches if batch.schema.metadata[b"cq:table_name"].decode() == table]
    found = [row for batch in found for row in batch.drop_columns(["_cq_id", "_cq_parent_id"]).to_pylist()]
    return sorted(found, key=str)


def file(**columns):
    return parquet(pa.table({name: pa.array(*column) for name, column in columns.items()}))


@pytest.fixture
def sync(stand_in_plugin):
    def run(objects, **options):
        with StandInS3(objects) as server:
            return delivery.sync(stand_in_plugin, server.spec(**options))

    return run


# Text and numbers, local times and those in UTC, large integers and fractions: nothing in common.
CLASHING = {
    "t/1": file(code=([7], pa.int64()), at=([0], pa.timestamp("us")), n=([2**60], pa.int64()), id=([1], pa.int32())),
    "t/2": file(code=(["x"], pa.string()), at=([0], pa.timestamp("ms", "UTC")), n=([0.5], pa.float64()), id=([2], pa.int32())),
}
TYPES = {"code": "text", "at": "timestamp", "n": "decimal(20,1)"}


@pytest.mark.parametrize("schema", ["evolve", "strict"])
def test_types_are_the_remedy_that_the_error_names_for_types_with_nothing_in_common(sync, schema):
    dataset = {"table": "t", "match": "t/*"}
    failed = sync(CLASHING, schema=schema, datasets=[dataset])
    assert not failed.ok
    assert all(text in failed.text for text in ('"code"', '"at"', '"n"', "in types"))
    run = sync(CLASHING, schema=schema, datasets=[{**dataset, "types": TYPES}])
    assert run.ok and run.warnings == []
    zero = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    assert rows(run) == [
        {"code": "7", "at": zero, "n": decimal.Decimal(2**60), "id": 1},
        {"code": "x", "at": zero, "n": decimal.Decimal("0.5"), "id": 2},
    ]


def test_a_value_that_does_not_fit_makes_its_object_malformed_and_is_named_but_not_shown(sync):
    objects = {
        "t/1.parquet": file(amount=(["1.50", "2"], pa.string())),
        "t/2.parquet": file(amount=(["3", "s3cret"], pa.string())),
    }
    run = sync(objects, types={"amount": "decimal(18,2)"})
    assert run.ok
    assert [row["amount"] for row in rows(run)] == [decimal.Decimal("1.50"), decimal.Decimal(2)]
    (warning,) = run.warnings
    assert all(text in warning for text in ("t/2.parquet", '"amount', "row 1", "utf8", "types")) and "s3cret" not in warning
    failed = sync(objects, types={"amount": "decimal(18,2)"}, on_malformed="fail")
    assert not failed.ok and "t/2.parquet" in failed.text and "s3cret" not in failed.text


def test_partitions_and_captures_have_the_types_that_they_are_given(sync):
    one = file(id=([1], pa.int64()))
    run = sync({"in/7/day=2024-02-29/x": one, "in/8/day=__HIVE_DEFAULT_PARTITION__/x": one, "in/9/day=soon/x": one},
               hive_partitioning=True, types={"day": "date"},
               datasets=[{"table": "t", "match": "in/{n}/**", "types": {"n": "int16", "day": "date"}}])  # fmt: skip
    assert run.ok
    assert rows(run) == [{"id": 1, "n": 7, "day": datetime.date(2024, 2, 29)}, {"id": 1, "n": 8, "day": None}]
    (warning,) = run.warnings
    assert "in/9/day=soon/x" in warning and '"day' in warning


def test_a_field_inside_structs_is_named_with_dots_and_lists_are_taken_whole(sync):
    run = sync({
        "t/1.parquet": file(order=([{"price": 1.5, "n": 1}, None], pa.struct({"price": pa.float64(), "n": pa.int8()})), tags=([[1], None], pa.list_(pa.int8()))),
        "t/2.parquet": file(order=([{"price": "2.25"}], pa.struct({"price": pa.string()})), tags=([["a"]], pa.list_(pa.string()))),
    }, types={"order.price": "decimal(9,2)", "tags": "json"})  # fmt: skip
    assert run.ok, run.text
    assert rows(run) == sorted([
        {"order": {"price": decimal.Decimal("1.50"), "n": 1}, "tags": b"[1]"}, {"order": None, "tags": None},
        {"order": {"price": decimal.Decimal("2.25"), "n": None}, "tags": b'["a"]'},
    ], key=str)  # fmt: skip


def test_a_type_of_a_column_that_no_object_has_is_warned_of(sync):
    objects = {"t/1.parquet": file(a=([1], pa.int8())), "u/1.parquet": file(b=([1], pa.int8()))}
    assert sync(objects, types={"a": "int64", "b": "text"}).warnings == []
    (warning,) = sync(objects, types={"a": "int64", "ammount": "text"}).warnings
    assert "ammount" in warning


def test_the_cli_is_told_which_types_there_are(workspace, spec):
    run = workspace.sync(spec(types={"amount": "decmal(18,2)"}))
    assert run.exit_code != 0
    assert "amount" in run.output and "decmal" in run.output


def test_types_arrive_at_the_destination_and_change_nothing_in_the_next_sync(workspace, s3, bucket, spec):
    put_all(s3, bucket, {
        "t/1.parquet": file(amount=([1.5, None], pa.float64()), created=(["2024-02-29T12:00:00Z", "2024-03-01"], pa.string())),
        "t/2.parquet": file(amount=(["12345678901234.56"], pa.string()), created=([0], pa.timestamp("us", "UTC"))),
    })  # fmt: skip
    types = {"amount": "decimal(18,2)", "created": "timestamp"}
    for _ in range(2):
        run = workspace.sync(spec(types=types), write_mode="overwrite-delete-stale")
        assert run.exit_code == 0, run.output
        found = sorted(run.query("SELECT amount, created FROM t"), key=str)
        assert [amount for amount, _ in found] == [decimal.Decimal("1.50"), decimal.Decimal("12345678901234.56"), None]
        assert [f"{created:%Y-%m-%d}" for _, created in found] == ["2024-02-29", "1970-01-01", "2024-03-01"]


def test_with_rescue_nothing_is_lost_where_types_clash(sync):
    run = sync(CLASHING, rescue=True, datasets=[{"table": "t", "match": "t/*"}])
    assert run.ok and run.warnings == []
    first, second = sorted(rows(run), key=lambda row: row["id"])
    assert first == {"code": 7, "at": datetime.datetime(1970, 1, 1), "n": 2**60, "id": 1, "_rescued": None}
    rescued = json.loads(second.pop("_rescued"))
    assert second == {"code": None, "at": None, "n": None, "id": 2}
    assert rescued == {"code": "x", "at": "1970-01-01T00:00:00.000Z", "n": 0.5}


def test_with_rescue_a_value_or_a_part_of_a_key_that_does_not_fit_types_is_kept(sync):
    run = sync({"in/7/x": file(amount=(["1.50", "n/a"], pa.string())), "in/soon/x": file(amount=(["2"], pa.string()))},
               datasets=[{"table": "t", "match": "in/{n}/*", "rescue": True, "types": {"n": "int16", "amount": "decimal(9,2)"}}])  # fmt: skip
    assert run.ok and run.warnings == []
    found = [(row["amount"], row["n"], row["_rescued"]) for row in rows(run)]
    assert sorted(found, key=str) == sorted([
        (decimal.Decimal("1.50"), 7, None), (None, 7, b'{"amount":"n/a"}'), (decimal.Decimal(2), None, b'{"n":"soon"}'),
    ], key=str)  # fmt: skip


def test_with_state_the_first_type_stays_though_its_objects_are_gone(workspace, s3, bucket, spec):
    options = {"rescue": True, "schema": "evolve"}
    put_all(s3, bucket, {"t/1.parquet": file(code=([7], pa.int64()))})
    synced(workspace, spec(**options))
    put_all(s3, bucket, {"t/2.parquet": file(code=(["x"], pa.string()))})
    s3.delete_object(Bucket=bucket, Key="t/1.parquet")
    run = synced(workspace, spec(**options))
    put_all(s3, bucket, {"t/3.parquet": file(code=([8], pa.int32()))})
    run = synced(workspace, spec(**options))
    found = sorted(run.query("SELECT code, CAST(_rescued AS VARCHAR) FROM t"), key=str)
    assert [(code, rescued and json.loads(rescued)) for code, rescued in found] == [(7, None), (8, None), (None, {"code": "x"})]
