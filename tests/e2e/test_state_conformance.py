"""Section "State" of docs/conformance.md: what is kept at the backend, and what becomes of it."""

import pytest
from cloudquery.plugin_v3 import plugin_pb2 as pb
from harness import delivery
from harness.objects import numbered, parquet, put_all
from harness.plugin import Plugin, failing, read_batches, read_schema, table_name
from harness.state import (
    BACKEND,
    MARKERS,
    TABLE,
    cursor_key,
    delivered_key,
    edit_state,
    numbers,
    objects_key,
    schema_key,
    set_value,
    state_of,
    synced,
    versions_of,
)  # fmt: skip


def put(s3, bucket, objects):
    put_all(s3, bucket, {key: parquet(numbered(start)) for key, start in objects.items()})


def changes_for(bucket, table):
    """What a new object changes."""
    return {cursor_key(bucket, table), delivered_key(bucket, table), objects_key(bucket, table)}


def kept_for(bucket, table):
    return changes_for(bucket, table) | {schema_key(bucket, table)}


def test_nothing_is_written_when_nothing_changed(workspace, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0, "u/b.parquet": 10})
    first = state_of(synced(workspace, spec()))
    assert first.keys() == kept_for(bucket, "t") | kept_for(bucket, "u")
    assert {version for _, version in first.values()} == {1}
    for _ in range(2):
        assert state_of(synced(workspace, spec())) == first


def test_a_changed_value_raises_its_version_by_one_and_no_other(workspace, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0, "u/b.parquet": 10})
    synced(workspace, spec())
    for i in (2, 3):
        put(s3, bucket, {f"t/{i}.parquet": 10 * i})
        versions = versions_of(synced(workspace, spec()))
        unchanged = kept_for(bucket, "t") | kept_for(bucket, "u")
        assert versions == {**dict.fromkeys(unchanged, 1), **dict.fromkeys(changes_for(bucket, "t"), i)}


def test_a_version_of_null_counts_as_0(workspace, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0})
    synced(workspace, spec())
    edit_state(workspace, "UPDATE {state} SET version = NULL")
    run = synced(workspace, spec())
    assert numbers(run, "t") == [0, 1, 2]
    assert versions_of(run) == dict.fromkeys(kept_for(bucket, "t"), None)
    put(s3, bucket, {"t/b.parquet": 3})
    run = synced(workspace, spec())
    assert numbers(run, "t") == [0, 1, 2, 3, 4, 5]
    assert versions_of(run) == {schema_key(bucket, "t"): None, **dict.fromkeys(changes_for(bucket, "t"), 1)}


@pytest.mark.parametrize(
    "key_of, value",
    [
        (delivered_key, "{garbage"),
        (delivered_key, "[]"),
        (delivered_key, "null"),
        (delivered_key, "{}"),
        (delivered_key, '{"version":"x"}'),
        (delivered_key, '{"version":99,"shard":"1/1","coverage":[]}'),
        (delivered_key, '{"version":1,"shard":"5/2","coverage":[]}'),
        (delivered_key, '{"version":1,"shard":"1/1","coverage":[{"prefix":5}]}'),
        (cursor_key, "yesterday"),
        (cursor_key, "2024-13-45T99:00:00Z"),
        (cursor_key, "2024-01-01"),
    ],
)
def test_a_value_that_cannot_be_read_is_an_error_that_tells_how_to_start_anew(
    workspace, s3, bucket, spec, key_of, value
):
    put(s3, bucket, {"t/a.parquet": 0, "u/b.parquet": 10})
    before = synced(workspace, spec()).counts()
    put(s3, bucket, {"t/c.parquet": 20, "u/d.parquet": 30})
    key = key_of(bucket, "t")
    set_value(workspace, key, value)
    run = workspace.sync(spec(), backend_options=BACKEND)
    assert run.exit_code == 1
    assert key in run.output
    assert f'delete all keys that begin with "s3/{bucket}/t/"' in run.output
    assert run.counts() == before
    assert state_of(run)[key][0] == value
    edit_state(workspace, f"DELETE FROM {{state}} WHERE starts_with(key, 's3/{bucket}/t/')")
    run = synced(workspace, spec())
    assert numbers(run, "t") == [0, 0, 1, 1, 2, 2, 20, 21, 22]
    assert numbers(run, "u") == [10, 11, 12, 30, 31, 32]


@pytest.mark.parametrize(
    "options", [{"table_name": TABLE}, {"connection": "@@plugins.duckdb.connection"}], ids=["table", "connection"]
)
def test_only_one_of_the_backend_options_is_an_error(workspace, s3, bucket, spec, options):
    put(s3, bucket, {"t/a.parquet": 0})
    run = workspace.sync(spec(), backend_options=options)
    assert run.exit_code == 1
    (missing,) = {"table_name", "connection"} - options.keys()
    assert missing in run.output
    assert numbers(run, "t") == []


def test_without_a_backend_every_sync_is_full_and_leaves_no_state(workspace, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0})
    for i in (1, 2):
        run = workspace.sync(spec())
        assert run.exit_code == 0, run.output
        assert run.counts() == {"t": 3 * i}


@pytest.fixture
def plugin(minio):
    with Plugin(minio.environment()) as running:
        yield running


@pytest.fixture
def backend(plugin):
    with delivery.state_server(plugin) as server:
        yield server


def rows_in(messages):
    return sum(b.num_rows for m in messages if m.HasField("insert") for b in read_batches(m.insert.record))


def test_with_a_backend_tables_are_incremental_and_are_migrated_when_nothing_is_new(
    plugin, backend, s3, bucket, spec
):
    put(s3, bucket, {"t/a.parquet": 0, "u/b.parquet": 10})
    plugin.init(spec())
    for rows in (6, 0):
        messages = list(plugin.sync(backend=backend.backend(TABLE)))
        schemas = [read_schema(m.migrate_table.table) for m in messages if m.HasField("migrate_table")]
        markers = {MARKERS} if rows else set()
        assert {*map(table_name, schemas)} == {"t", "u"} | markers
        assert {s.metadata.get(b"cq:extension:incremental") for s in schemas} == {b"true"}
        assert rows_in(messages) == rows


@pytest.mark.parametrize("only", ["table_name", "connection"])
def test_only_one_of_the_backend_options_over_grpc_is_an_error_before_any_message(
    plugin, backend, s3, bucket, spec, only
):
    put(s3, bucket, {"t/a.parquet": 0})
    plugin.init(spec())
    both = {"table_name": TABLE, "connection": backend.connection}
    messages = []
    with failing() as caught:
        for message in plugin.sync(backend=pb.Sync.BackendOptions(**{only: both[only]})):
            messages.append(message)
    assert messages == []
    assert "backend_options" in caught.value.details()


def test_a_backend_that_does_not_answer_is_an_error_before_any_message(plugin, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0})
    plugin.init(spec())
    connection = f"unix:{plugin.folder}/nobody.sock"
    messages = []
    with failing() as caught:
        for message in plugin.sync(backend=pb.Sync.BackendOptions(table_name=TABLE, connection=connection)):
            messages.append(message)
    assert messages == []
    assert TABLE in caught.value.details() and connection in caught.value.details()
