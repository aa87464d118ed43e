"""Section "Data" of docs/conformance.md: what is in the messages, and what becomes of it."""

import grpc
import numpy
import pyarrow as pa
import pytest
from harness.objects import all_kinds, numbered, parquet, put_all
from harness.plugin import Plugin, failing, read_batches, read_schema, table_name

MIB = 1 << 20
LONGEST_MESSAGE = 100 * MIB


@pytest.fixture
def plugin(minio):
    with Plugin(minio.environment()) as running:
        yield running


def records(messages):
    """The record batches of a sync."""
    for message in messages:
        if message.HasField("insert"):
            (batch,) = read_batches(message.insert.record)
            yield batch


def ids_by_number(batches):
    return {n.as_py(): i.as_py() for batch in batches for n, i in zip(batch.column("n"), batch.column("_cq_id"))}


def flags(schema):
    return {f.name: (f.metadata or {}).get(b"cq:extension:primary_key") for f in schema}


@pytest.mark.parametrize("deterministic", [True, False])
def test_every_record_names_its_table_and_carries_the_keys_of_the_migrate_message(
    plugin, s3, bucket, spec, deterministic
):
    put_all(s3, bucket, {f"{t}/{i}.parquet": parquet(numbered(10 * i)) for t in "ab" for i in range(3)})
    plugin.init(spec(rows_per_record=2))
    migrated, ids = {}, {"a": [], "b": []}
    for message in plugin.sync(deterministic_cq_id=deterministic):
        if message.HasField("migrate_table"):
            schema = read_schema(message.migrate_table.table)
            migrated[table_name(schema)] = schema
            continue
        (batch,) = read_batches(message.insert.record)
        schema = migrated[table_name(batch.schema)]
        assert batch.schema.equals(schema, check_metadata=True)
        assert flags(schema)["_cq_id"] == b"true"
        assert not schema.field("_cq_id").nullable
        assert batch.column("_cq_parent_id").null_count == batch.num_rows
        ids[table_name(schema)] += batch.column("_cq_id").to_pylist()
    for table in ids.values():
        assert len(table) == 9 and None not in table and len(set(table)) == 9


def test_the_second_run_over_unchanged_data_needs_no_migration(workspace, s3, bucket, spec):
    # The destination fails the sync when a second migration would change anything.
    put_all(s3, bucket, {"t/x.parquet": parquet(all_kinds(0))})
    for _ in range(2):
        run = workspace.sync(spec(), write_mode="overwrite-delete-stale", deterministic_cq_id=True)
        assert run.exit_code == 0, run.output
        assert run.counts() == {"t": 40}


def test_the_same_object_has_the_same_ids_whatever_batch_size_concurrency_and_shard(plugin, s3, bucket, spec):
    put_all(s3, bucket, {f"t/{i}.parquet": parquet(numbered(100 * i, count=50), row_group_size=20) for i in range(6)})
    found = []
    for more in ({}, {"rows_per_record": 7}, {"concurrency": 1}):
        plugin.init(spec(**more))
        found.append(ids_by_number(records(plugin.sync(deterministic_cq_id=True))))
    by_shard = {}
    for num in (1, 2, 3):
        shard = ids_by_number(records(plugin.sync(deterministic_cq_id=True, shard={"num": num, "total": 3})))
        assert not by_shard.keys() & shard.keys()
        by_shard.update(shard)
    assert len(found[0]) == 300
    assert found == [by_shard] * 3


def test_long_rows_are_cut_into_messages_below_100_mib(plugin, s3, bucket, spec):
    column = pa.array([bytes([i]) * (30 * MIB) for i in range(5)], pa.binary())
    put_all(s3, bucket, {"t/x.parquet": parquet(pa.table({"b": column}), compression="zstd")})
    plugin.init(spec())
    sizes, rows = [], 0
    for message in plugin.sync():
        sizes.append(message.ByteSize())
        if message.HasField("insert"):
            (batch,) = read_batches(message.insert.record)
            rows += batch.num_rows
            assert all(len(set(value.as_py())) == 1 for value in batch.column("b"))
    assert rows == 5
    assert max(sizes) < LONGEST_MESSAGE


def test_a_row_that_is_too_long_is_an_error_that_names_the_object(plugin, s3, bucket, spec):
    random = numpy.random.default_rng(1)
    long = pa.array([random.bytes(3), random.bytes(101 * MIB)], pa.binary())
    put_all(s3, bucket, {
        "t/long.parquet": parquet(pa.table({"b": long}), compression="zstd"),
        "t/short.parquet": parquet(pa.table({"b": pa.array([b"y"], pa.binary())})),
    })
    plugin.init(spec())
    rows = 0
    with failing(grpc.StatusCode.UNKNOWN) as caught:
        for batch in records(plugin.sync()):
            rows += batch.num_rows
    assert rows == 2, "the rows beside it are sent"
    assert "t/long.parquet" in caught.value.details()
    assert "a single row takes" in caught.value.details()


def test_without_a_backend_every_sync_is_full_and_tables_are_not_incremental(plugin, s3, bucket, spec):
    put_all(s3, bucket, {"t/x.parquet": parquet(numbered(0))})
    plugin.init(spec())
    for _ in range(2):
        messages = list(plugin.sync())
        schema = read_schema(messages[0].migrate_table.table)
        assert b"cq:extension:incremental" not in schema.metadata
        assert sum(batch.num_rows for batch in records(messages)) == 3
