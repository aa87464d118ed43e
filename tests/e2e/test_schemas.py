"""Tables whose objects have other columns and types from day to day."""

import json

import pyarrow as pa
import pytest
from harness.objects import numbered, parquet, put_all
from harness.s3_proxy import S3Proxy
from harness.state import BACKEND, edit_state, schema_key, state_of, synced

MAY_ADD = {"allow_migration": True}
FORCED = {"migrate_mode": "forced"}


def day(number, **columns):
    return {f"t/{number}.parquet": parquet(pa.table({name: pa.array(*column) for name, column in columns.items()}))}


DAY_1 = day(1, id=([1, 2], pa.int32()), name=(["a", None], pa.string()))
# A new column and a wider type.
DAY_2 = day(2, id=([2**40], pa.int64()), name=(["b"], pa.string()), extra=([2.5], pa.float64()))
# A new column alone.
DAY_2_ADDS = day(2, id=([3], pa.int32()), name=(["b"], pa.string()), extra=([2.5], pa.float64()))
# Without that column, and without the one that was there from the beginning.
DAY_3 = day(3, id=([4], pa.int16()))


def stored(run):
    columns = "id, name, extra" if "extra" in columns_of(run) else "id, name"
    return sorted(run.query(f"SELECT {columns} FROM t"), key=lambda row: row[0])


def columns_of(run):
    return [name for (name,) in run.query("SELECT column_name FROM information_schema.columns WHERE table_name = 't'")]


def type_of_id(run):
    ((name,),) = run.query(
        "SELECT data_type FROM information_schema.columns WHERE table_name = 't' AND column_name = 'id'"
    )
    return name


def remembered(run, bucket):
    return json.loads(state_of(run)[schema_key(bucket, "t")][0])["columns"]


def warned_of_types(run):
    return [w for w in run.warnings if "types of columns have changed" in w]


def test_without_state_a_table_has_the_columns_and_the_widest_types_of_all_its_objects(workspace, s3, bucket, spec):
    put_all(s3, bucket, DAY_1)
    run = workspace.sync(spec(), write_mode="overwrite-delete-stale", destination=FORCED)
    assert stored(run) == [(1, "a"), (2, None)]
    put_all(s3, bucket, DAY_2)
    run = workspace.sync(spec(), write_mode="overwrite-delete-stale", destination=FORCED)
    assert run.exit_code == 0, run.output
    wanted = [(1, "a", None), (2, None, None), (2**40, "b", 2.5)]
    assert stored(run) == wanted
    assert type_of_id(run) == "BIGINT"
    put_all(s3, bucket, DAY_3)
    # Nothing changes any more, so a destination that may not migrate takes it.
    run = workspace.sync(spec(), write_mode="overwrite-delete-stale")
    assert run.exit_code == 0, run.output
    assert stored(run) == sorted([*wanted, (4, None, None)])


def test_with_state_columns_are_added_once_and_never_vanish(workspace, s3, bucket, spec):
    put_all(s3, bucket, DAY_1)
    synced(workspace, spec())
    put_all(s3, bucket, DAY_2_ADDS)
    run = synced(workspace, spec(), destination=MAY_ADD)
    wanted = [(1, "a", None), (2, None, None), (3, "b", 2.5)]
    assert stored(run) == wanted
    for files, rows in ((DAY_3, [(4, None, None)]), ({}, [])):
        put_all(s3, bucket, files)
        wanted += rows
        run = synced(workspace, spec())
        assert stored(run) == wanted
        assert remembered(run, bucket) == {"id": "int32", "name": "utf8", "extra": "double"}
        assert not warned_of_types(run)


def test_with_state_columns_stay_though_the_objects_that_had_them_are_gone(workspace, s3, bucket, spec):
    put_all(s3, bucket, {**DAY_1, **DAY_2})
    wanted = stored(synced(workspace, spec()))
    for number in (1, 2):
        s3.delete_object(Bucket=bucket, Key=f"t/{number}.parquet")
    put_all(s3, bucket, DAY_3)
    run = synced(workspace, spec())
    assert stored(run) == sorted([*wanted, (4, None, None)])
    assert remembered(run, bucket) == {"id": "int64", "name": "utf8", "extra": "double"}


def test_with_state_a_wider_type_is_warned_of_once_and_fails_a_destination_that_cannot_widen(
    workspace, s3, bucket, spec
):
    put_all(s3, bucket, DAY_1)
    synced(workspace, spec())
    put_all(s3, bucket, DAY_2)
    refused = workspace.sync(spec(), destination=MAY_ADD, backend_options=BACKEND)
    assert refused.exit_code != 0
    (warning,) = warned_of_types(refused)
    assert '"id" from int32 to int64' in warning
    # What the warning says.
    edit_state(workspace, "DELETE FROM {state} WHERE key LIKE ?", f"s3/{bucket}/t/%")
    run = synced(workspace, spec(), destination=FORCED)
    assert stored(run) == [(1, "a", None), (2, None, None), (2**40, "b", 2.5)]
    assert type_of_id(run) == "BIGINT"
    put_all(s3, bucket, DAY_3)
    run = synced(workspace, spec())
    assert stored(run) == sorted([(1, "a", None), (2, None, None), (2**40, "b", 2.5), (4, None, None)])
    assert not warned_of_types(run)


def test_with_state_only_new_objects_are_read(workspace, minio, s3, bucket, spec):
    with S3Proxy(minio) as proxy:
        put_all(s3, bucket, DAY_1)
        synced(workspace, spec(endpoint=proxy.endpoint))
        proxy.forget()
        put_all(s3, bucket, DAY_3)
        synced(workspace, spec(endpoint=proxy.endpoint))
        assert proxy.reads.keys() == {"t/3.parquet"}


@pytest.mark.parametrize("with_state", [False, True])
def test_types_with_nothing_in_common_fail_their_table_alone_and_are_all_named(
    workspace, s3, bucket, spec, with_state
):
    put_all(s3, bucket, {
        **day(1, code=(["x"], pa.string()), at=([1], pa.timestamp("us")), n=([1], pa.int64())),
        **day(2, code=([7], pa.int64()), at=([1], pa.timestamp("us", "UTC")), n=([2], pa.int64())),
        "u/1.parquet": parquet(numbered(0)),
    })  # fmt: skip
    run = workspace.sync(spec(), **({"backend_options": BACKEND} if with_state else {}))
    assert run.exit_code != 0
    for text in ("t/1.parquet", "t/2.parquet", "code", "utf8", "int64", "timestamp[us]", "timestamp[us, tz=UTC]"):
        assert text in run.output
    assert "t" not in run.tables()
    assert "u" in run.tables()


def test_a_state_that_cannot_be_read_is_an_error_that_names_its_key(workspace, s3, bucket, spec):
    put_all(s3, bucket, DAY_1)
    synced(workspace, spec())
    edit_state(workspace, "UPDATE {state} SET value = '{{}}' WHERE key = ?", schema_key(bucket, "t"))
    run = workspace.sync(spec(), backend_options=BACKEND)
    assert run.exit_code != 0
    assert schema_key(bucket, "t") in run.output
